a = <<EOT more
x
EOT
