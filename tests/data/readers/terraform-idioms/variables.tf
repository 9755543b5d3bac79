variable "domain" { type = string }
variable "client_id" {
  type    = string
  default = "overridden"
}
variable "short" { default = true }
