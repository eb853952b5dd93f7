"""`python -m infra.direct`: deploys the stacks by kubectl and Helm, without Terraform."""
