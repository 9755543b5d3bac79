authentik_host = "auth.example.com"
