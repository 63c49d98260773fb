import { Counter, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { countFault, FormatError, histogramFault, parseExposition } from '../harness/measure/exposition.ts';

describe('the reader of Prometheus’ text format', () => {
  it('reads every kind of line that the format has', () => {
    const { types, samples } = parseExposition(
      [
        '# HELP http_requests_total With "quotes" and \\\\ and \\n.',
        '# TYPE http_requests_total counter',
        'http_requests_total{method="post",code="200"} 1027 1395066363000',
        'http_requests_total { method = "get" , code="400", } 3',
        '# A comment, and an empty line.',
        '',
        'msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find \\"FILE\\",\\nsorry{}"} 1.458255915e9',
        'metric_without_timestamp_and_labels 12.47',
        'something_weird{problem="division by zero"} +Inf -3982045',
        'nothing NaN',
        '',
      ].join('\n'),
    );
    expect([...types]).toEqual([['http_requests_total', 'counter']]);
    expect(samples.map(({ value }) => value)).toEqual([1027, 3, 1.458255915e9, 12.47, Infinity, Number.NaN]);
    expect(samples[1]?.labels).toEqual({ method: 'get', code: '400' });
    expect(samples[2]?.labels).toEqual({ path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find "FILE",\nsorry{}' });
  });

  it('reads what prom-client writes, whatever stands in a label', async () => {
    const registers = [new Registry()];
    const hostile = 'a"b\\c\nd{e="f"} 1';
    new Counter({ name: 'c_total', help: 'Two\nlines', labelNames: ['what'], registers }).inc({ what: hostile }, 3);
    new Histogram({ name: 'h_seconds', help: 'h', labelNames: ['what'], buckets: [0.1, 1], registers }).observe(
      { what: 'x' },
      0.5,
    );
    const { types, samples } = parseExposition((await registers[0]?.metrics()) ?? '');
    expect(Object.fromEntries(types)).toEqual({ c_total: 'counter', h_seconds: 'histogram' });
    expect(samples[0]).toEqual({ name: 'c_total', labels: { what: hostile }, value: 3 });
    const buckets = samples.filter(({ name }) => name === 'h_seconds_bucket');
    expect(buckets.map(({ labels, value }) => [labels.le, value])).toEqual([
      ['0.1', 0],
      ['1', 1],
      ['+Inf', 1],
    ]);
  });

  it.each([
    ['HTML', '<!doctype html>'],
    ['JSON', '{"http_requests_total": 3}'],
    ['no value', 'http_requests_total{method="get"}'],
    ['a value that is no number', 'http_requests_total many'],
    ['a value with a unit', 'http_requests_total 3ms'],
    ['a name with a dash', 'http-requests 3'],
    ['a label without quotes', 'http_requests_total{method=get} 3'],
    ['a label with a dash', 'http_requests_total{status-code="200"} 3'],
    ['a quote that is not escaped', 'http_requests_total{path="/a"b"} 3'],
    ['two labels without a comma', 'http_requests_total{a="1"b="2"} 3'],
    ['a label twice', 'http_requests_total{a="1",a="2"} 3'],
    ['a series twice, with its labels in another order', 'up{a="1",b="2"} 3\nup{b="2",a="1"} 4'],
    ['a second TYPE', '# TYPE up gauge\n# TYPE up gauge\nup 1'],
    ['a TYPE that does not exist', '# TYPE up number\nup 1'],
    ['a TYPE after the first sample', 'up 1\n# TYPE up gauge'],
    ['an exemplar, which only OpenMetrics has', 'up_total 1 # {trace_id="1"} 1'],
  ])('refuses %s', (_, text) => {
    expect(() => parseExposition(`${text}\n`)).toThrow(FormatError);
  });

  it('takes a gauge beside another one that is called as its count would be', () => {
    expect(parseExposition('workers_count 2\n# TYPE workers gauge\nworkers 1\n').samples).toHaveLength(2);
  });

  it('refuses a last line without a line feed, as promtool does', () => {
    expect(() => parseExposition('up 1\nup_total 1')).toThrow('the last line has no end: up_total 1');
  });
});

describe('a count that can’t be true', () => {
  const fault = (...lines: string[]) => countFault(parseExposition([...lines, ''].join('\n')));

  it.each(['-1', 'NaN', '+Inf'])('is %s', (value) => {
    expect(fault('# TYPE c counter', `c{a="b"} ${value}`)).toContain('is no count: c');
    expect(fault('# TYPE h histogram', `h_bucket{le="1"} ${value}`)).toContain('is no count: h_bucket');
    expect(fault('# TYPE h histogram', `h_count ${value}`)).toContain('is no count: h_count');
  });

  it('is told from what is none: a gauge, a sum, a quantile of nothing', () => {
    const others = ['# TYPE g gauge', 'g -1', '# TYPE s summary', 's{quantile="0.9"} NaN', 's_sum -1', 's_count 0'];
    expect(
      fault('# TYPE c counter', 'c 0', '# TYPE h histogram', 'h_sum -0.5', 'h_count 2', ...others),
    ).toBeUndefined();
  });
});

describe('a histogram that can’t be true', () => {
  const histogram = (...lines: string[]) =>
    histogramFault(parseExposition(['# TYPE h histogram', ...lines.map((line) => `h_${line}`), ''].join('\n')));

  it.each([
    ['has no bucket for all', ['bucket{le="1"} 2', 'count 2'], 'no bucket with le="+Inf"'],
    ['counts others than are in it', ['bucket{le="+Inf"} 2', 'count 3'], 'holds 2, and the count is 3'],
    ['has buckets that fall', ['bucket{le="2"} 1', 'bucket{le="1"} 2', 'bucket{le="+Inf"} 2', 'count 2'], 'le="2"'],
  ])('%s', (_, lines, fault) => {
    expect(histogram(...lines)).toContain(fault);
  });

  it('is told from one that is true, by each of its label sets', () => {
    const of = (a: string, [one, all]: [number, number]) => [
      `bucket{a="${a}",le="1"} ${one}`,
      `bucket{le="+Inf",a="${a}"} ${all}`,
      `count{a="${a}"} ${all}`,
    ];
    expect(histogram(...of('x', [1, 2]), ...of('y', [0, 0]))).toBe(undefined);
    expect(histogram(...of('x', [1, 2]), ...of('y', [3, 2]))).toContain('"y"');
  });
});
