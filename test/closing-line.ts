import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line, `N passed, N failed`, and names each test that was skipped: its title says why. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const brokenModules = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length;
    for (const test of skipped) process.stdout.write(`skipped: ${test.fullName}\n`);
    const failed = count('failed') + brokenModules + unhandledErrors.length;
    const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
    process.stdout.write(`\n${count('passed')} passed, ${failed} failed${tail}\n`);
  }
}
