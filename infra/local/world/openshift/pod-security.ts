/**
 * The pod security standard *restricted*, as https://kubernetes.io/docs/concepts/security/pod-security-standards/ lists
 * it for Linux pods; what admission does in a namespace that enforces it.
 */
interface SecurityContext {
  allowPrivilegeEscalation?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  privileged?: boolean;
  procMount?: string;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seccompProfile?: { type?: string };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  sysctls?: unknown[];
}
interface Container {
  name?: string;
  securityContext?: SecurityContext;
  ports?: { hostPort?: number }[];
}
export interface PodSpec {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: SecurityContext;
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  volumes?: Record<string, unknown>[];
}

const volumeTypes = [
  ...[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
  ],
];
const profiles = ["RuntimeDefault", "Localhost"];
const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/** What of a pod breaks the standard; empty when it passes. */
export function restrictedViolations(spec: PodSpec): string[] {
  const all = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  const pod = spec.securityContext ?? {};
  return [
    ...(["hostNetwork", "hostPID", "hostIPC"] as const)
      .filter((name) => spec[name])
      .map((name) => `${name}=true`),
    ...(spec.volumes ?? []).flatMap((volume) =>
      Object.keys(volume)
        .filter((type) => type !== "name" && !volumeTypes.includes(type))
        .map((type) => `restricted volume type ${type}`),
    ),
    ...contextProblems("pod", pod),
    ...all.flatMap((container) => containerProblems(container, pod)),
  ];
}

function containerProblems(
  { name = "", securityContext = {}, ports = [] }: Container,
  pod: SecurityContext,
): string[] {
  const { allowPrivilegeEscalation, capabilities = {}, runAsNonRoot, seccompProfile } = securityContext;
  const at = `container ${name}`;
  return [
    ...contextProblems(at, securityContext),
    ...(ports.some(({ hostPort }) => hostPort) ? [`${at}: hostPort`] : []),
    ...(allowPrivilegeEscalation === false ? [] : [`${at}: allowPrivilegeEscalation != false`]),
    ...(capabilities.drop?.includes("ALL") ? [] : [`${at}: must drop ALL capabilities`]),
    ...((capabilities.add ?? []).every((each) => each === "NET_BIND_SERVICE")
      ? []
      : [`${at}: adds capabilities`]),
    ...((runAsNonRoot ?? pod.runAsNonRoot) === true ? [] : [`${at}: runAsNonRoot != true`]),
    ...((seccompProfile ?? pod.seccompProfile)?.type ? [] : [`${at}: seccompProfile is not set`]),
  ];
}

function contextProblems(at: string, context: SecurityContext): string[] {
  const { privileged, procMount, runAsUser, runAsNonRoot, seccompProfile, seLinuxOptions } = context;
  const { type = "", user = "", role = "" } = seLinuxOptions ?? {};
  return [
    ...(privileged ? [`${at}: privileged`] : []),
    ...(procMount === undefined || procMount === "Default" ? [] : [`${at}: procMount ${procMount}`]),
    ...(runAsUser === 0 ? [`${at}: runAsUser=0`] : []),
    ...(runAsNonRoot === false ? [`${at}: runAsNonRoot=false`] : []),
    ...(!seccompProfile || profiles.includes(seccompProfile.type ?? "")
      ? []
      : [`${at}: seccompProfile ${seccompProfile.type}`]),
    ...(seLinuxTypes.includes(type) && user === "" && role === "" ? [] : [`${at}: seLinuxOptions`]),
    ...((context.sysctls ?? []).length > 0 ? [`${at}: sysctls`] : []),
  ];
}
