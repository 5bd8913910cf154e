import type { Reporter, TestModule, TestRunEndReason, Vitest } from 'vitest/node';
import { type Recording, startRecording } from './coverage/recording.ts';
import { coverageGaps } from './coverage/transitions.ts';

/**
 * Ends a run with one plain line, `N passed, N failed`, and names each test that was skipped: its title says why.
 * Transitions of machines that no test took are named too, and count as one failure, where all tests were run.
 */
export default class ClosingLine implements Reporter {
  #vitest: Vitest | undefined;
  #recording: Recording | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    this.#recording = startRecording();
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly unknown[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const brokenModules = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length;
    const isWhole = reason !== 'interrupted' && (await this.#isWhole(modules));
    const gaps = isWhole ? coverageGaps(this.#recording!.coverage()) : '';
    for (const test of skipped) process.stdout.write(`skipped: ${test.fullName}\n`);
    if (gaps) process.exitCode = 1;
    const failed = count('failed') + brokenModules + unhandledErrors.length + (gaps ? 1 : 0);
    const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
    process.stdout.write(`${gaps}\n${count('passed')} passed, ${failed} failed${tail}\n`);
  }

  /** Whether every test was asked for. */
  async #isWhole(modules: readonly TestModule[]): Promise<boolean> {
    const { config } = this.#vitest!;
    // The long tests are no whole by themselves.
    if (config.testNamePattern || config.watch || process.env.TESTS === 'long') return false;
    return modules.length === (await this.#vitest!.globTestSpecifications()).length;
  }
}
