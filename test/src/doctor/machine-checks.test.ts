import { expect, it } from 'vitest';
import { userFinding } from '../../../src/doctor/machine-checks.ts';

it('warns of root, as whom everything seems to be allowed', () => {
  expect(userFinding(0)).toMatchObject({ level: 'warning', found: 'root' });
  expect(userFinding(1000)).toMatchObject({ level: 'fine' });
});
