# An example of a root module: replace the resource by what your tenants need.

variable "tenant_id" {
  type = string
}

variable "tenant_key" {
  type = string
}

variable "tier" {
  type = string
}

resource "terraform_data" "tenant" {
  input = {
    id   = var.tenant_id
    key  = var.tenant_key
    tier = var.tier
  }
}

# What the script reports to the orchestrator: references to secrets, never secrets.
output "arc_result" {
  value = jsonencode({
    resources = [
      {
        type               = "terraform-workspace"
        externalIdentifier = "tenant-${var.tenant_key}"
        metadata           = { workspace = "tenant-${var.tenant_key}", tier = var.tier }
      }
    ]
  })
}
