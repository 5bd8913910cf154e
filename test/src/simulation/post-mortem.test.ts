import { describe, expect, it } from 'vitest';
import {
  MOST_BYTES,
  type PostMortemFacts,
  postMortem,
  type SessionStory,
} from '../../../src/simulation/post-mortem.ts';

const FACTS: PostMortemFacts = {
  version: '1.2.3',
  engine: { name: 'webots', description: 'Webots in /usr/local/webots' },
  load: { mean: 12.5, latest: undefined },
  sessions: 2,
};

const STORY: SessionStory = {
  id: 'abc',
  end: { reason: 'engineCrashed', text: 'The simulation ended with exit code 3.' },
  startedAt: new Date('2025-06-01T12:30:05Z'),
  lasted: 1_234.567_89,
  request: { url: 'https://github.com/owner/project/blob/main/worlds/w.wbt', mode: 'scene' },
  outcome: undefined,
  transitions: [{ at: 0.123_45, machine: 'session', state: 'connected.waiting' }],
  transitionsLeftOut: 0,
  messages: [{ at: 5.123_45, direction: 'toClient', text: 'loading: a', times: 2 }],
  messagesLeftOut: 0,
};

const read = (story: Partial<SessionStory>) => JSON.parse(postMortem({ ...STORY, ...story }, FACTS));

describe('a post-mortem', () => {
  it('holds what is known of the session and the server', () => {
    const output = { stdout: '.\n', stderr: 'Segmentation fault\n' };
    const known = {
      project: { ref: 'main', commit: '1'.repeat(40) },
      worldVersion: 'R2025a',
      outcome: { ...STORY.end, exitCode: 3, signal: null, reaped: true, output },
    };

    expect(read(known)).toEqual({
      format: 1,
      session: 'abc',
      reason: 'engineCrashed',
      text: 'The simulation ended with exit code 3.',
      started: '2025-06-01T12:30:05.000Z',
      lasted: 1_234.568,
      request: { url: 'https://github.com/owner/project/blob/main/worlds/w.wbt', mode: 'scene' },
      project: { ref: 'main', commit: '1'.repeat(40) },
      exit: { exitCode: 3, signal: null, reaped: true, ...output },
      versions: {
        'webots-hub': '1.2.3',
        node: process.version,
        engine: 'webots',
        engineDescription: 'Webots in /usr/local/webots',
        world: 'R2025a',
      },
      load: { mean: 12.5, sessions: 2 },
      transitions: [{ at: 0.123, machine: 'session', state: 'connected.waiting' }],
      transitionsLeftOut: 0,
      messages: [{ at: 5.123, direction: 'toClient', text: 'loading: a', times: 2 }],
      messagesLeftOut: 0,
    });
  });

  it('holds the stack of a bug', () => {
    const cause = new Error('a bug');

    expect(read({ end: { reason: 'internalError', text: '', cause } }).error).toBe(cause.stack);
  });

  it('holds no secret of a URL', () => {
    const url = 'https://user:pass@github.com/o/r/blob/main/worlds/w.wbt?token=key#key';
    const output = { stdout: 'fetching https://user:pass@host/x', stderr: '' };
    const outcome = { ...STORY.end, exitCode: 3, signal: null, reaped: true, output };

    const text = postMortem({ ...STORY, request: { url, mode: 'scene' }, outcome }, FACTS);

    expect(text).toContain('github.com/o/r/blob/main/worlds/w.wbt');
    expect(text).not.toMatch(/pass|key/);
  });

  it('stays below its bound whatever strangers write', () => {
    // Each of these characters takes six bytes in JSON, those of the output three, as what decoded text is made of.
    const hostile = '\u0000'.repeat(100_000);
    const tail = '\ufffd'.repeat(8_192);
    const text = postMortem(
      {
        ...STORY,
        end: { reason: 'internalError', text: hostile, cause: new Error(hostile) },
        request: { url: hostile, mode: 'scene' },
        project: { ref: hostile, commit: undefined },
        outcome: { ...STORY.end, exitCode: null, signal: null, reaped: true, output: { stdout: tail, stderr: tail } },
        transitions: Array.from({ length: 200 }, () => ({
          at: 1e9 + 0.123_456,
          machine: 'session' as const,
          state: 'connected.simulating.streaming.resettingController',
        })),
        messages: Array.from({ length: 100 }, () => ({
          at: 1e9 + 0.123_456,
          direction: 'fromClient' as const,
          text: `${'\ufffd'.repeat(500)}…`,
          times: 1,
        })),
      },
      FACTS,
    );

    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES);
    expect(JSON.parse(text).messages.length).toBeGreaterThan(0);
    expect(JSON.parse(text).messages.length + JSON.parse(text).messagesLeftOut).toBe(100);
  });
});
