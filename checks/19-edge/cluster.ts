import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, inWords } from './ask.ts';
import { deskOf, type Manifest, manifestsOf, portOf, selects, variableOf } from './manifests.ts';

/** What Kubernetes takes where nothing is said. */
const usualGraceS = 30;

export function clusterBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'probes',
    'the manifests’ two probes ask two questions',
    {
      because:
        'A pod whose liveness probe fails is ended and started again. When Redis is away that helps nobody, and all pods end at once.',
      lookAt: 'which paths do livenessProbe and readinessProbe ask, and what do these answer while Redis is away?',
    },
    async (t) => {
      const manifests = manifestsOf(t);
      const { deployment, container } = deskOf(t, manifests);
      const port = Number(variableOf(container, 'PORT') ?? 3_000);
      const paths: Record<string, string> = {};
      for (const name of ['livenessProbe', 'readinessProbe']) {
        const http = container[name]?.httpGet;
        t.require(http?.path, {
          step: `${name} of the container`,
          expected: 'httpGet with a path',
          seen: container[name] ? JSON.stringify(container[name]).slice(0, 80) : 'no such probe',
        });
        const asked = portOf(container, http.port);
        t.require(asked === port, {
          step: `${name} of the container`,
          expected: `port ${port}, where the desk listens (PORT)`,
          seen: `${http.port}${asked === undefined ? ', which is no port of the container' : ''}`,
        });
        paths[name] = String(http.path);
      }
      const service = manifests.find(({ kind, spec }) => kind === 'Service' && selects(spec?.selector, deployment));
      t.require(service, { step: 'k8s/', expected: 'a Service that selects the pods of the desk', seen: 'none' });
      const leads = service.spec?.ports?.some(
        (one: Manifest) => portOf(container, one.targetPort ?? one.port) === port,
      );
      t.require(leads, {
        step: 'the Service of the desk',
        expected: `a targetPort that leads to ${port}`,
        seen: JSON.stringify(service.spec?.ports).slice(0, 80),
      });
      await mustAnswer(t, paths, { livenessProbe: 200, readinessProbe: 200 }, 'Redis is there');
      await t.redis.cut();
      try {
        await mustAnswer(t, paths, { livenessProbe: 200, readinessProbe: 503 }, 'Redis is away');
      } finally {
        await t.redis.restore();
      }
    },
  );

  behaviour(
    'grace',
    'a pod gets the time that it takes to end, and a share of the machine',
    {
      because:
        'SIGKILL comes when terminationGracePeriodSeconds are over, 30 by default, also in the middle of an order.',
      lookAt: 'how long may the desk take from SIGTERM to its end, by its own variables?',
    },
    async (t) => {
      const { pod, container } = deskOf(t, manifestsOf(t));
      const grace = Number(pod.terminationGracePeriodSeconds ?? usualGraceS);
      const [drainMs, timeoutMs] = [
        Number(variableOf(container, 'DRAIN_DELAY_MS') ?? 0),
        Number(variableOf(container, 'SHUTDOWN_TIMEOUT_MS') ?? 8_000),
      ];
      const before = preStopSeconds(container);
      const needed = (drainMs + timeoutMs) / 1_000 + before;
      t.require(grace > needed, {
        step: `DRAIN_DELAY_MS ${drainMs}, SHUTDOWN_TIMEOUT_MS ${timeoutMs}${before ? `, preStop ${before} s` : ''}`,
        expected: `terminationGracePeriodSeconds above ${needed}`,
        seen: pod.terminationGracePeriodSeconds === undefined ? `none, so ${usualGraceS}` : String(grace),
      });
      const { requests, limits } = container.resources ?? {};
      for (const [what, value] of [
        ['resources.requests.cpu', requests?.cpu],
        ['resources.requests.memory', requests?.memory ?? limits?.memory],
        ['resources.limits.memory', limits?.memory],
      ])
        t.require(/^\d+(\.\d+)?(m|k|K|M|G|Ki|Mi|Gi)?$/.test(String(value)), {
          step: 'resources of the container',
          expected: what as string,
          seen: value === undefined ? 'none' : String(value),
          because:
            'Without requests the scheduler puts pods where there is no room, and without a limit a leak takes the memory of its neighbours.',
          lookAt: 'what do resources of the container ask for, and what do they allow?',
        });
    },
  );

  behaviour(
    'scale',
    'an autoscaler keeps at least two pods',
    {
      because:
        'With one pod each restart is an outage, and the crowd of Friday comes to as many pods as there were on Thursday.',
      lookAt: 'which object of autoscaling/v2 scales this Deployment, by what, and between which numbers?',
    },
    async (t) => {
      const manifests = manifestsOf(t);
      const { deployment } = deskOf(t, manifests);
      const name = deployment.metadata?.name;
      const scaler = manifests.find(
        ({ kind, spec }) =>
          kind === 'HorizontalPodAutoscaler' &&
          spec?.scaleTargetRef?.kind === 'Deployment' &&
          spec.scaleTargetRef.name === name,
      );
      t.require(scaler, {
        step: 'k8s/',
        expected: `a HorizontalPodAutoscaler of the Deployment ${name}`,
        seen: 'none',
      });
      const { minReplicas = 1, maxReplicas, metrics } = scaler.spec;
      t.require(minReplicas >= 2 && maxReplicas > minReplicas, {
        step: 'the HorizontalPodAutoscaler',
        expected: 'minReplicas of 2 or more, maxReplicas above it',
        seen: `${minReplicas} to ${maxReplicas}`,
      });
      const measured =
        scaler.apiVersion === 'autoscaling/v1'
          ? scaler.spec.targetCPUUtilizationPercentage
          : Array.isArray(metrics) && metrics.length > 0;
      t.require(measured, {
        step: 'the HorizontalPodAutoscaler',
        expected: 'a metric to scale by, such as cpu',
        seen: 'none',
      });
      const policy = scaler.spec.behavior?.scaleUp?.selectPolicy;
      t.require(policy !== 'Disabled', {
        step: 'the HorizontalPodAutoscaler',
        expected: 'one that may start pods by itself',
        seen: `behavior.scaleUp.selectPolicy: ${policy}`,
        because:
          'With this policy Kubernetes takes pods away and never starts one, whatever the metric and maxReplicas say.',
        lookAt: 'what does behavior of the autoscaler forbid?',
      });
      t.require(deployment.spec?.replicas === undefined, {
        step: 'the Deployment',
        expected: 'no replicas: the autoscaler says how many there are',
        seen: `replicas: ${deployment.spec?.replicas}`,
        because: 'Each deploy sets the number of pods back to this one, also in the middle of Friday.',
      });
    },
  );
}

async function mustAnswer(
  t: Stage,
  paths: Record<string, string>,
  wanted: Record<string, number>,
  when: string,
): Promise<void> {
  for (const [name, status] of Object.entries(wanted)) {
    const reply = await ask(t.app(1).url, paths[name] ?? '/', { withinMs: 8_000 });
    t.require(reply.status === status, {
      step: `${when}: GET ${paths[name]}, which ${name} asks`,
      expected: String(status),
      seen: inWords(reply),
    });
  }
}

/** How long a preStop hook sleeps, where it says so. */
function preStopSeconds(container: Manifest): number {
  const hook = container.lifecycle?.preStop;
  if (hook?.sleep?.seconds !== undefined) return Number(hook.sleep.seconds);
  const found = /\bsleep\s+(\d+)/.exec((hook?.exec?.command ?? []).join(' '));
  return found ? Number(found[1]) : 0;
}
