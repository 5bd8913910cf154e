import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests with a browser keep the processors busy. */
const BROWSERS = /\/test\/(?:browser|deployment\/start-page)/;

/** Tests that start many programs, of which most wait. */
const PROGRAMS = /\/test\/(?:deployment|faults|src\/projects|[^/]+$)/;

/**
 * Order of the test files: those that take long at first, so that all workers end at about the same time, and browsers
 * beside what waits.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications);
    const browsers = sorted.filter(({ moduleId }) => BROWSERS.test(moduleId));
    const programs = sorted.filter(({ moduleId }) => !BROWSERS.test(moduleId) && PROGRAMS.test(moduleId));
    const length = Math.max(browsers.length, programs.length);
    const long = Array.from({ length }, (_, index) => [browsers[index], programs[index]]).flat();
    return [...new Set([...long.filter((specification) => specification !== undefined), ...sorted])];
  }
}
