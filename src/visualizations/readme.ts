import { toMermaid as actorsToMermaid, toList } from '../actors/drawings.ts';
import { toMermaid as sequenceToMermaid } from '../sequences/mermaid.ts';
import type { Recording } from '../sequences/record.ts';
import type { Sequence } from '../sequences/sequences.ts';
import type { ShownMachine } from '../statecharts/machines.ts';
import { chartLink, chartSections } from '../statecharts/readme.ts';

const INTRODUCTION = `# The program in pictures

webots-hub runs Webots robot simulations for people who have only a browser: it checks a world out of its git repository, starts an engine for one client, and ends it when the client is gone.
A **session server** knows which machines have room and names one; a **simulation server** on each machine does the work; the client then speaks with the **engine** through it. Both servers are roles of one program, run apart or together.

All but the first picture comes from the program itself: \`npm run visualize\` draws its machines, runs it, records what happens, and writes this folder anew; a test fails where it is stale.

1. [Who talks to whom](#who-talks-to-whom)
2. [The actors](#the-actors): what runs inside, and who watches over whom
3. [The sequences](#the-sequences): what is said from beginning to end, when all goes well and when it does not
4. [The machines](#the-machines): every state, and what may happen in it

## Who talks to whom

\`\`\`mermaid
flowchart LR
  accTitle: Who talks to whom
  client["web client"]
  session["session server"]
  simulation["simulation server, one on each machine"]
  git["git server: GitHub, or a mirror"]
  engine["engine, one for each client"]
  mail["mail host of the administrator"]
  client -->|"WebSocket /: can a simulation be started?"| session
  client -->|"GET /session: on which server?"| session
  session -->|"GET /load and /status, every 5 s"| simulation
  simulation -->|"POST /cluster/join, every 10 s, where it joins by itself"| session
  session -->|"SMTP: a simulation server fails, fills up or comes back"| mail
  client -->|"WebSocket /client: start this world; lasts as long as the simulation"| simulation
  simulation -->|"git: check the project out"| git
  simulation -->|"starts, watches and ends it"| engine
  client -->|"WebSocket /stream/…: run, pause, reset; scene and poses come back"| simulation
  simulation -->|"the same bytes, both ways"| engine
\`\`\`

[docs/protocol.md](../docs/protocol.md) has every message.
`;

const ACTORS = `## The actors

Every long-lived thing is an actor: a *supervisor*, which starts others and decides what becomes of them when they fail; a *machine*, which orders what happens; or what a machine has running, a *callback* or a *promise*, which does it.
Read from the running program, both roles in one process, while one client simulates.

*permanent*: started again whenever it ends. *temporary*: never. *oneForOne*: the end of a child concerns it alone; a supervisor that would have to restart more often fails itself, and with the root the program ends. The time is what it gets for its end before it is stopped by force.
A session that is in another state runs other actors: see the states of [clientSession](#clientsession). An engine is not below its session, so that the session's bug does not decide its end: the session leases it. [registration](#registration) runs at the start, where \`notify\` names a service, [membership](#membership) all the time, one for each of \`sessionServers\`; each server that has joined has a [simulationServer](#simulationserver) beside those of the list; [mailer](#mailer) below the session role, where there is an \`administrator\`.
[docs/supervisor.md](../docs/supervisor.md) explains the rules.
`;

const SEQUENCES = `## The sequences

Recorded from the real program: both roles in one process, the client library of [docs/client.md](../docs/client.md), a git server over HTTP in the place of GitHub, and the embedded engine as a process of its own.
An arrow is a message as it was sent, at the moment at which servers and client send theirs and engines are heard; a dashed one is an answer or a line of an engine's standard output, one with a cross a connection that breaks. Arrows between client and engine pass through the simulation server, which passes on the bytes; *secret* is 128 random bits. Notes over the simulation server are the states of its [clientSession](#clientsession), each before what is done on the way into it. A bar is the life of a session or an engine.
Ports are those of \`npm start\`, the measured load is made up, later heartbeats (one every 5 s) and polls of the load and the questions for \`/status\` are left out, poses and steps of the checkout that follow each other are one arrow. What happens at the same time is in an order that is always the same.

- \`stdout: .\` is an engine's first heartbeat, by which the simulation server knows that it is ready.
- The text of \`loading:\` is HTML-escaped (\`&quot;\` is a quotation mark), because web clients insert it as HTML.
- The client library sends \`pause\` before \`reset\`, also to an engine that is paused already, and has a run that this interrupts go on afterwards.
- The client's last note is the [reason](../docs/client.md#the-end) that its library gives: *refused* wherever the simulation server has said why it does not, or no longer, run the world, so also after a crash. *gone* has the reason that the server itself knows.
`;

/** The whole of `README.md` beside the exported files. */
export function toReadme(machines: readonly ShownMachine[], { actors, sequences }: Recording): string {
  return [
    INTRODUCTION,
    ACTORS,
    diagram('actors.mmd', actorsToMermaid(actors)),
    `${toList(actors, chartLink)}\n`,
    SEQUENCES,
    ...sequences.map(section),
    chartSections(machines),
  ].join('\n');
}

function section(sequence: Sequence): string {
  const { name, title, description } = sequence;
  return [`### ${title}`, '', `${description}\n`, diagram(`sequence-${name}.mmd`, sequenceToMermaid(sequence))].join(
    '\n',
  );
}

function diagram(file: string, mermaid: string): string {
  return ['```mermaid', `${mermaid}\`\`\``, '', `[Mermaid](${file})`, ''].join('\n');
}
