domain    = "example.com"
client_id = "argocd-client"
