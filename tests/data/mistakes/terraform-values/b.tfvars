host = "argocd.company"
