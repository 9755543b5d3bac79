variable "authentik_host" { type = string }
variable "authentik_token" {
  type      = string
  sensitive = true
}
variable "domain" {
  type    = string
  default = "example.com"
  validation {
    condition     = can(regex("^[a-z.]+$", var.domain))
    error_message = "bad domain"
  }
}
