import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readLessons } from '../../scripts/learner/lesson-list.ts';
import { repoDir } from '../harness/os/run.ts';
import { Environment } from '../harness/runner/environment.ts';
import { fakeRun } from './services/fake-run.ts';

// The board and the alert rules of lesson 17's solution. Neither Prometheus nor Grafana is here: their queries are parsed, and
// each metric that they name is one that the solution serves.

const folder = 'solutions/17-observability/board';
const read = (path: string) => readFileSync(join(repoDir, path), 'utf8');

interface Board {
  panels: { title: string; datasource: { uid: string }; targets: { expr: string; legendFormat: string }[] }[];
}
const board = JSON.parse(read(`${folder}/board.json`)) as Board;
const { groups } = parse(read(`${folder}/alerts.yml`)) as {
  groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const queries = [
  ...board.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
];

/** Grafana puts a range in place of its variable before Prometheus sees the query. */
const asAsked = (query: string) => query.replaceAll('$__rate_interval', '1m');

/** What stands in a query, by its kind in the grammar; "⚠" where it does not parse. */
function nodesOf(query: string): { kind: string; text: string }[] {
  const nodes: { kind: string; text: string }[] = [];
  parser.parse(query).iterate({
    enter: ({ type, from, to }) =>
      void nodes.push({ kind: type.isError ? '⚠' : type.name, text: query.slice(from, to) }),
  });
  return nodes;
}

const textsOf = (query: string, kind: string) =>
  nodesOf(asAsked(query)).flatMap((node) => (node.kind === kind ? [node.text] : []));

describe('the board and the alert rules of lesson 17', () => {
  let served: string;
  beforeAll(async () => {
    await using run = fakeRun();
    const lesson = (await readLessons()).find(({ number }) => number === 17);
    if (!lesson) throw new Error('there is no lesson 17');
    const subjectDir = join(repoDir, 'solutions', lesson.folder);
    await using environment = await Environment.start({ lesson, run, subjectDir });
    await fetch(`${environment.balancer.url}/events`);
    await fetch(`${environment.balancer.url}/orders`, { method: 'POST' });
    const url = `http://127.0.0.1:${environment.instances[0]?.ports.METRICS_PORT}/metrics`;
    do {
      await delay(50); // A worker tells what it has counted four times a second.
      served = await (await fetch(url)).text();
    } while (!/route="\/events"/.test(served) || !served.includes('supplier_request_duration_seconds_count{'));
  }, 60_000);

  it('see a query that does not parse, so that the next test can fail', () => {
    expect(textsOf('sum by (route (rate(x[5m]))', '⚠')).not.toEqual([]);
  });

  it.each(queries)('%s: the query parses', (_name, query) => {
    expect(textsOf(query, '⚠')).toEqual([]);
  });

  it.each(queries)('%s: names metrics that the solution serves, and labels that they have', (_name, query) => {
    const metrics = textsOf(query, 'Identifier');
    expect(metrics).not.toEqual([]);
    for (const metric of metrics) expect(served).toMatch(new RegExp(`^${metric}[ {]`, 'm'));
    const labels = textsOf(query, 'LabelName').filter((label) => label !== 'le');
    for (const label of labels) expect(served).toMatch(new RegExp(`^${metrics[0]}\\{.*\\b${label}="`, 'm'));
  });

  it('tell in legends and sentences only what their queries group by', () => {
    const told = [
      ...board.panels.flatMap(({ targets }) => targets.map(({ expr, legendFormat }) => [expr, legendFormat] as const)),
      ...rules.map(({ expr, annotations }) => [expr, annotations.summary] as const),
    ];
    for (const [expr, text] of told) {
      const named = [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z]\w*)\s*\}\}/g)].map(([, label]) => label as string);
      for (const label of named) expect(textsOf(expr, 'GroupingLabels').join()).toContain(label);
    }
  });
});

describe('Prometheus and Grafana in docker-compose.yml', () => {
  const { services, configs } = parse(read('docker-compose.yml'));

  it('are pinned, and start only when somebody asks for them', () => {
    expect(services.prometheus.image).toMatch(/^prom\/prometheus:v\d+\.\d+\.\d+$/);
    expect(services.grafana.image).toMatch(/^grafana\/grafana:\d+\.\d+\.\d+$/);
    for (const { profiles } of [services.prometheus, services.grafana]) expect(profiles).toEqual(['metrics']);
  });

  it('mount files that are there', () => {
    const mounted = [...services.prometheus.volumes, ...services.grafana.volumes] as string[];
    expect(
      mounted.map((line) => line.split(':')[0] as string).filter((path) => !existsSync(join(repoDir, path))),
    ).toEqual([]);
  });

  it('scrape the port that is METRICS_PORT unless somebody says another, with the rules that are mounted', () => {
    const config = parse(configs.prometheus.content);
    expect(config.scrape_configs[0].static_configs[0].targets).toEqual([
      `host.docker.internal:\${ENCORE_METRICS_PORT:-9464}`,
    ]);
    const targets = (services.prometheus.volumes as string[]).map((line) => line.split(':')[1]);
    expect(targets).toEqual(config.rule_files);
  });

  it('show the board that is mounted, from the data source that the panels name', () => {
    const target = (services.grafana.volumes as string[]).find((line) => line.includes('board.json'))?.split(':')[1];
    expect(services.grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(target);
    const { datasources } = parse(read(`${folder}/datasource.yml`));
    expect(new Set(board.panels.map(({ datasource }) => datasource.uid))).toEqual(new Set([datasources[0].uid]));
    expect(datasources[0].url).toBe('http://prometheus:9090');
    expect(parse(read(`${folder}/dashboards.yml`)).providers[0].options.path).toBe(target?.replace(/\/[^/]+$/, ''));
  });
});
