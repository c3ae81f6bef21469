import json
import sys

import kubernetes_validate
import yaml

# Checks manifests as `kubectl kustomize` has rendered them, read from a file: against the schemas of Kubernetes, against
# the profile "restricted" of the pod security standards, and for names that lead nowhere. Prints a JSON object with what is wrong
# (problems), the variables and secrets of each workload, and who can connect to whom by the network policies (connections).

with open(sys.argv[1], encoding="utf-8") as file:
    documents = [document for document in yaml.safe_load_all(file) if document]
problems = []
# Kubernetes defines no schema for what the Prometheus operator adds.
OPERATOR = {"ServiceMonitor"}
CONTROLLERS = {"Deployment", "StatefulSet", "Job"}


def of_kind(*kinds):
    return [d for d in documents if d["kind"] in kinds]


def label(document):
    return f"{document['kind']}/{document['metadata']['name']}"


def labels_of(workload):
    return workload["spec"]["template"]["metadata"]["labels"]


def matches(selector, labels):
    if selector is None:
        return False
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions", []):
        if rule["operator"] != "In":
            problems.append(f"the check does not know the operator {rule['operator']}")
        elif labels.get(rule["key"]) not in rule["values"]:
            return False
    return True


def check_schemas():
    for document in documents:
        if document["kind"] in OPERATOR:
            continue
        try:
            kubernetes_validate.validate(document, "1.37", strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{label(document)}: {'.'.join(str(p) for p in error.path)}: {error.message}")


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


def check_restricted(workload):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and a file system that is read only."""
    name, pod = label(workload), workload["spec"]["template"]["spec"]
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            problems.append(f"{name}: {key}")
    for volume in pod.get("volumes", []):
        kind = next(key for key in volume if key != "name")
        allowed = ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret")
        if kind not in allowed:
            problems.append(f"{name}: volume {volume['name']} of kind {kind}")
    whole = pod.get("securityContext", {})
    for container in containers(pod):
        own = container.get("securityContext", {})
        place = f"{name}, {container['name']}"
        if own.get("runAsNonRoot", whole.get("runAsNonRoot")) is not True:
            problems.append(f"{place}: runAsNonRoot is not true")
        if own.get("runAsUser", whole.get("runAsUser")) in (None, 0):
            problems.append(f"{place}: runAsUser is not set, or root")
        if own.get("seccompProfile", whole.get("seccompProfile", {})).get("type") not in ("RuntimeDefault", "Localhost"):
            problems.append(f"{place}: seccompProfile")
        if own.get("allowPrivilegeEscalation") is not False:
            problems.append(f"{place}: allowPrivilegeEscalation is not false")
        if own.get("privileged"):
            problems.append(f"{place}: privileged")
        capabilities = own.get("capabilities", {})
        if capabilities.get("drop") != ["ALL"] or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
            problems.append(f"{place}: capabilities")
        if own.get("readOnlyRootFilesystem") is not True:
            problems.append(f"{place}: readOnlyRootFilesystem is not true")
        for bound in ("requests", "limits"):
            if set(container.get("resources", {}).get(bound, {})) != {"cpu", "memory"}:
                problems.append(f"{place}: {bound} of CPU and memory")
        if any("hostPort" in port for port in container.get("ports", [])):
            problems.append(f"{place}: hostPort")
    if pod.get("automountServiceAccountToken") is not False:
        problems.append(f"{name}: has a token of the API server")


def variables(workload, container):
    """The variables of a container, and what they lead to."""
    maps = {d["metadata"]["name"]: d.get("data", {}) for d in of_kind("ConfigMap")}
    result = {}
    for source in container.get("envFrom", []):
        if "configMapRef" not in source or source["configMapRef"]["name"] not in maps:
            problems.append(f"{label(workload)}: {source} leads nowhere")
            continue
        result.update(maps[source["configMapRef"]["name"]])
    for entry in container.get("env", []):
        if "value" in entry:
            result[entry["name"]] = entry["value"]
            continue
        reference = entry["valueFrom"].get("configMapKeyRef", {})
        found = maps.get(reference.get("name"), {})
        if reference.get("key") not in found:
            problems.append(f"{label(workload)}: {entry['name']} leads nowhere")
        result[entry["name"]] = found.get(reference.get("key"))
    return result


# Beside them: the last connections are accepted (Draining.reserve), and the process ends.
RESERVE_SECONDS = 4


def check_end(workload):
    """A pod that is killed while it drains, or finishes requests, loses them."""
    pod = workload["spec"]["template"]["spec"]
    for container in pod["containers"]:
        found = variables(workload, container)
        if "SHUTDOWN_SECONDS" not in found:
            continue
        hook = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        needed = hook + int(found.get("DRAIN_SECONDS", 0)) + int(found["SHUTDOWN_SECONDS"]) + RESERVE_SECONDS
        if int(found.get("DRAIN_SECONDS", 0)) == 0:
            problems.append(f"{label(workload)}: does not drain")
        if pod.get("terminationGracePeriodSeconds", 30) < needed:
            problems.append(f"{label(workload)}: is killed before it has ended, which takes up to {needed} seconds")


def check_references(workload, secrets):
    name, pod = label(workload), workload["spec"]["template"]["spec"]
    maps = {d["metadata"]["name"] for d in of_kind("ConfigMap")}
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    claims = {c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", [])}
    account = pod.get("serviceAccountName")
    if account and account not in {d["metadata"]["name"] for d in of_kind("ServiceAccount")}:
        problems.append(f"{name}: there is no account {account}")
    for volume in volumes.values():
        if "configMap" in volume and volume["configMap"]["name"] not in maps:
            problems.append(f"{name}: there is no ConfigMap {volume['configMap']['name']}")
    mounted = set()
    for container in containers(pod):
        ports = {port["name"] for port in container.get("ports", [])}
        mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
        mounted |= set(mounts.values())
        for volume in mounts.values():
            if volume not in volumes and volume not in claims:
                problems.append(f"{name}: there is no volume {volume}")
        for variable, value in variables(workload, container).items():
            if not variable.endswith("_FILE") or not str(value).startswith("/run/secrets/"):
                continue
            folder, key = value.rsplit("/", 1)
            secret = volumes.get(mounts.get(folder), {}).get("secret")
            if secret is None:
                problems.append(f"{name}: {variable} is not in the volume of a secret")
                continue
            if "items" in secret and key not in {item["path"] for item in secret["items"]}:
                problems.append(f"{name}: {variable} is not among the items of {secret['secretName']}")
            secrets.setdefault(secret["secretName"], set()).add(key)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            action = container.get(probe, {})
            port = action.get("httpGet", action.get("tcpSocket", {})).get("port")
            if port is not None and port not in ports:
                problems.append(f"{name}: {probe} asks the port {port}, which does not exist")
    for unused in (set(volumes) | claims) - mounted:
        problems.append(f"{name}: nobody mounts {unused}")


def check_selectors():
    workloads = of_kind(*CONTROLLERS)
    for document in of_kind("Service"):
        found = [w for w in workloads if matches({"matchLabels": document["spec"]["selector"]}, labels_of(w))]
        ports = {p["name"] for w in found for c in containers(w["spec"]["template"]["spec"]) for p in c.get("ports", [])}
        if len(found) != 1:
            problems.append(f"{label(document)} selects {len(found)} workloads")
        for port in document["spec"]["ports"]:
            if port["targetPort"] not in ports:
                problems.append(f"{label(document)}: there is no port {port['targetPort']}")
    for document in of_kind("PodDisruptionBudget"):
        if not any(matches(document["spec"]["selector"], labels_of(w)) for w in workloads):
            problems.append(f"{label(document)} selects nothing")
    for document in of_kind("HorizontalPodAutoscaler"):
        target = document["spec"]["scaleTargetRef"]
        if f"{target['kind']}/{target['name']}" not in {label(w) for w in workloads}:
            problems.append(f"{label(document)} scales nothing")
    for document in of_kind("ServiceMonitor"):
        found = [s for s in of_kind("Service") if matches(document["spec"]["selector"], s["metadata"]["labels"])]
        names = {p["name"] for s in found for p in s["spec"]["ports"]}
        if len(found) != 1 or {e["port"] for e in document["spec"]["endpoints"]} - names:
            problems.append(f"{label(document)} watches nothing")
    for document in of_kind("NetworkPolicy"):
        if not any(matches(document["spec"]["podSelector"], labels_of(w)) for w in workloads):
            problems.append(f"{label(document)} selects nothing")


def allows(policies, direction, own, other, port):
    """Whether policies let the pods of a workload connect to others (egress) or be reached by them (ingress)."""
    selecting = [p["spec"] for p in policies if matches(p["spec"]["podSelector"], labels_of(own))]
    selecting = [s for s in selecting if direction.capitalize() in s["policyTypes"]]
    if not selecting:
        return True
    for rule in (rule for spec in selecting for rule in spec.get(direction, [])):
        if "ports" in rule and port not in {p["port"] for p in rule["ports"]}:
            continue
        for peer in rule.get("from" if direction == "ingress" else "to", [{}]):
            if not peer:
                return True
            if "namespaceSelector" not in peer and matches(peer.get("podSelector"), labels_of(other)):
                return True
    return False


def connections():
    policies, result = of_kind("NetworkPolicy"), []
    for source in of_kind(*CONTROLLERS):
        for target in of_kind(*CONTROLLERS):
            for container in target["spec"]["template"]["spec"]["containers"]:
                for port in (p["containerPort"] for p in container.get("ports", [])):
                    if source is not target and allows(policies, "egress", source, target, port) and allows(
                        policies, "ingress", target, source, port
                    ):
                        result.append(f"{source['metadata']['name']} > {target['metadata']['name']}:{port}")
    return sorted(result)


secrets = {}
check_schemas()
for workload in of_kind(*CONTROLLERS):
    check_restricted(workload)
    check_references(workload, secrets)
for workload in of_kind("Deployment"):
    check_end(workload)
check_selectors()
for document in of_kind("Secret"):
    problems.append(f"{label(document)}: secrets do not belong into manifests")
print(json.dumps({
    "problems": sorted(set(problems)),
    "kinds": sorted({d["kind"] for d in documents}),
    "connections": connections(),
    "secrets": {name: sorted(keys) for name, keys in secrets.items()},
    "variables": {
        f"{w['metadata']['name']}/{c['name']}": {k: str(v) for k, v in variables(w, c).items()}
        for w in of_kind(*CONTROLLERS) for c in containers(w["spec"]["template"]["spec"])
    },
}))
