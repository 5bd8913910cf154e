import { describe, expect, it } from 'vitest';
import type { Pose } from '../../../../src/engine/physics/motion.ts';
import {
  allPoses,
  FrameEncoder,
  frameMessage,
  poseAttributes,
} from '../../../../src/engine/simulation/frame-encoder.ts';

const START: Pose = { translation: [0, 0, 1], rotation: [0, 0, 1, 0] };

describe('FrameEncoder', () => {
  it('tells what has changed by 0.001 since it was told, rounded to 0.0001', () => {
    const encoder = new FrameEncoder([5, 9], [START, START]);

    expect(encoder.changes([START, { ...START, translation: [0, 0.00123, 1] }])).toEqual([
      { id: 9, translation: '0 0.0012 1' },
    ]);
    expect(
      encoder.changes([
        { ...START, rotation: [1, 0, 0, 0.5] },
        { ...START, translation: [-0.00001, 0.0021, 1] },
      ]),
    ).toEqual([{ id: 5, rotation: '1 0 0 0.5' }]);
  });

  it('tells slow motion once it has come to 0.001 in all', () => {
    const encoder = new FrameEncoder([1], [START]);
    const frames = Array.from({ length: 10 }, (_, step) =>
      encoder.changes([{ ...START, translation: [0, 0, 1 + step * 0.0004] }]),
    );

    expect(frames.flatMap((updates, step) => (updates.length > 0 ? [step] : []))).toEqual([3, 6, 9]);
  });
});

describe('allPoses', () => {
  it('tells everything', () => {
    expect(allPoses([7], [START])).toEqual([{ id: 7, translation: '0 0 1', rotation: '0 0 1 0' }]);
  });
});

describe('frameMessage', () => {
  it('holds the updates under the names of all releases, and time alone where nothing changed', () => {
    expect(frameMessage(1_000_032, [])).toBe('application/json:{"time":1000032}');
    expect(frameMessage(32, [{ id: 9, translation: '0 0 1' }])).toBe(
      'application/json:{"time":32,"updates":[{"id":9,"translation":"0 0 1"}],"poses":[{"id":9,"translation":"0 0 1"}]}',
    );
  });
});

describe('poseAttributes', () => {
  it('writes a pose exactly', () => {
    expect(poseAttributes({ translation: [0.123456789, 0, 1], rotation: [0, 0, 1, 0.5] })).toBe(
      " translation='0.123456789 0 1' rotation='0 0 1 0.5'",
    );
  });
});
