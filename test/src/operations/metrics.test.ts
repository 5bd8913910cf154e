import { expect, it } from 'vitest';
import { createMetrics } from '../../../src/operations/metrics.ts';

it('figures of the process have the names that Prometheus asks for: those of counters alone end in _total', async () => {
  const text = await createMetrics('session').metrics();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => ({ name, type }));

  expect(types).toContainEqual({ name: 'nodejs_active_handles', type: 'gauge' });
  expect(types.filter(({ name, type }) => name.endsWith('_total') && type !== 'counter')).toEqual([]);
});
