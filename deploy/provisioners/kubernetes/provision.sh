#!/bin/sh
# Makes the namespace of one tenant, and says so. See ../README.md.
. "$(dirname "$0")/common.sh"

kubectl --request-timeout=60s apply -f - >&2 << MANIFEST
apiVersion: v1
kind: Namespace
metadata:
  name: $namespace
  labels:
    arc/tenant-id: "$ARC_TENANT_ID"
    arc/tenant-key: "$ARC_TENANT_KEY"
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: tenant
  namespace: $namespace
spec:
  hard:
    limits.cpu: "${ARC_KUBERNETES_CPU:-2}"
    limits.memory: "${ARC_KUBERNETES_MEMORY:-4Gi}"
    pods: "${ARC_KUBERNETES_PODS:-20}"
---
apiVersion: v1
kind: LimitRange
metadata:
  name: tenant
  namespace: $namespace
spec:
  limits:
    - type: Container
      default: {cpu: 500m, memory: 512Mi}
      defaultRequest: {cpu: 100m, memory: 128Mi}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: tenant
  namespace: $namespace
automountServiceAccountToken: false
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: tenant
  namespace: $namespace
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector: {}
        - namespaceSelector:
            matchExpressions:
              - {key: arc/ingress, operator: Exists}
MANIFEST

url=""
[ -z "${ARC_KUBERNETES_DOMAIN:-}" ] || url=", \"appPlaneUrl\": \"https://$ARC_TENANT_KEY.$ARC_KUBERNETES_DOMAIN\""
printf '{"resources": [{"type": "kubernetes-namespace", "externalIdentifier": "%s", "metadata": {"namespace": "%s", "serviceAccount": "tenant"}}]%s}\n' \
    "$namespace" "$namespace" "$url"
