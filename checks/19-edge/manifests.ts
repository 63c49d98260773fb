import { parseAllDocuments } from 'yaml';
import type { Stage } from '../harness/sdk/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a manifest may say anything; each behaviour looks for what it needs.
export type Manifest = any;

/** Every object of the manifests in k8s/, or the failure that one can't be read. */
export function manifestsOf(t: Stage): Manifest[] {
  const files = t.answerSheetsIn('k8s').filter((name) => /\.ya?ml$/.test(name));
  t.require(files.length > 0, { expected: 'manifests in k8s/', seen: 'no .yaml there' });
  return files.flatMap((name) => {
    const documents = parseAllDocuments(t.answerSheet(`k8s/${name}`) ?? '');
    if (!Array.isArray(documents)) return [];
    return documents.flatMap((document) => {
      t.require(document.errors.length === 0, {
        step: `k8s/${name}`,
        expected: 'YAML',
        seen: document.errors[0]?.message.split('\n')[0] ?? '',
      });
      const value: Manifest = document.toJS();
      return value?.kind === 'List' ? (value.items ?? []) : value ? [value] : [];
    });
  });
}

/** The Deployment that runs the desk's image, and its container with the port that the desk listens on. */
export function deskOf(t: Stage, manifests: Manifest[]): { deployment: Manifest; pod: Manifest; container: Manifest } {
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  const found = deployments.flatMap((deployment) => {
    const pod = deployment.spec?.template?.spec;
    const container = pod?.containers?.find(({ image }: Manifest) => /\bdesk\b/.test(String(image)));
    return container ? [{ deployment, pod, container }] : [];
  });
  const only = deployments.length === 1 ? deployments[0] : undefined;
  const pod = only?.spec?.template?.spec;
  const [desk = pod?.containers?.[0] && { deployment: only, pod, container: pod.containers[0] }] = found;
  t.require(desk, {
    step: 'k8s/',
    expected: 'a Deployment with a container of the image desk',
    seen: `${deployments.length} Deployments, and none with it`,
  });
  return desk as (typeof found)[number];
}

/** The value of a variable of a container, where the manifest says it. */
export function variableOf(container: Manifest, name: string): string | undefined {
  const found = container.env?.find((one: Manifest) => one?.name === name);
  return found?.value === undefined ? undefined : String(found.value);
}

/** The number of a port that is named, or is a number already. */
export function portOf(container: Manifest, port: unknown): number | undefined {
  if (/^\d+$/.test(String(port))) return Number(port);
  return container.ports?.find(({ name }: Manifest) => name === port)?.containerPort;
}

/** Whether a selector of labels takes the pods of a Deployment. */
export function selects(labels: Manifest | undefined, deployment: Manifest): boolean {
  const own = deployment.spec?.template?.metadata?.labels ?? {};
  const wanted = Object.entries(labels ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => own[name] === value);
}
