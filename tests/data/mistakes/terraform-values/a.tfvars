host = "argocd.test.company"
