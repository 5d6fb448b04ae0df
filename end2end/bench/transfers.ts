// What Longshore costs: the same copy, bare and as a run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from '../support/api';
import type { Longshore } from '../support/longshore';
import { RCLONE } from '../support/process';
import type { S3 } from '../support/s3';
import { makeMany, makeTree } from '../support/trees';
import { type Row, median, ratio, rounds, seconds } from './measure';

interface Work {
  what: string;
  source: string;
  /** Where to, for the n-th time: never the same place twice, so that nothing is skipped. */
  destination: (n: number) => string;
  /** The folder of that place, to be emptied. */
  folder: (n: number) => string;
  repetitions: number;
  goal: number;
}

/** Three copies: one large file, many small ones, many small ones over a network protocol. */
export async function transfers(longshore: Longshore, s3: S3, api: Api): Promise<Row[]> {
  const large = join(longshore.files, 'large');
  const small = join(longshore.files, 'small');
  await makeTree(large, { 'disk.img': 2 ** 30 });
  await makeMany(small, 10_000, 4096);
  const local = { destination: (n: number) => join(longshore.files, `to-${n}`), folder: (n: number) => join(longshore.files, `to-${n}`) };
  const remote = { destination: (n: number) => `peer:${s3.bucket}/to-${n}`, folder: (n: number) => join(s3.folder, s3.bucket, `to-${n}`) };
  await api.addRemote('peer', 's3', s3.config);
  const config = await bareConfig(longshore, s3);
  const works: Work[] = [
    { what: '1 GiB in one file, local', source: large, ...local, repetitions: 15, goal: 1.02 },
    { what: '10,000 × 4 KiB, local', source: small, ...local, repetitions: 25, goal: 1.06 },
    { what: '10,000 × 4 KiB, to S3', source: small, ...remote, repetitions: 9, goal: 1.06 },
  ];
  const rows: Row[] = [];
  for (const work of works) {
    const ways = [bare(config, []), (from: string, to: string) => run(api, from, to), bare(config, await logged(longshore))];
    rows.push(...(await compare(work, ways)));
    if (work.source === large) await rm(large, { recursive: true });
  }
  return rows;
}

type Copy = (source: string, destination: string) => Promise<number>;

async function compare(work: Work, ways: Copy[]): Promise<Row[]> {
  let n = 0;
  const once = (copy: Copy) => async () => {
    n += 1;
    const time = await copy(work.source, work.destination(n));
    await rm(work.folder(n), { recursive: true, force: true });
    return time;
  };
  const times = await rounds(work.repetitions, ways.map(once));
  const of = (way: number) => seconds(median(times.map((round) => round[way] ?? Number.NaN)));
  const through = ratio(times, 1);
  return [
    {
      what: `run / bare rclone: ${work.what} (${work.repetitions} rounds)`,
      measured: `${through.toFixed(3)} (${of(1)} / ${of(0)})`,
      goal: `≤ ${work.goal}`,
      met: through <= work.goal,
    },
    { what: 'of it, what rclone\'s own log of every file takes', measured: `${ratio(times, 2).toFixed(3)} (${of(2)})`, goal: '' },
  ];
}

/** From the start of the process to its end. */
function bare(config: string, flags: string[]): Copy {
  return async (source, destination) => {
    const start = performance.now();
    const child = spawn(RCLONE, ['copy', '--config', config, ...flags, '--', source, destination], { stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`rclone copy ended with ${code}`);
    return performance.now() - start;
  };
}

/** The flags that make rclone tell of every file, into a file beside the console's own. */
async function logged(longshore: Longshore): Promise<string[]> {
  const folder = join(longshore.data, '..', 'bare');
  await mkdir(folder, { recursive: true });
  return ['--use-json-log', '--log-level=INFO', '--stats=1s', '--stats-log-level=NOTICE', '--log-file', join(folder, 'log.jsonl')];
}

/** From the moment the console was asked to the moment it knew the end: its own times, in milliseconds. */
async function run(api: Api, source: string, destination: string): Promise<number> {
  // Asked seldom: each question would take time from what is measured.
  const run = await api.ended(await api.copy(source, destination), 600_000, 500);
  if (run.state !== 'succeeded') throw new Error(`the run is ${run.state}: ${run.error}`);
  return Date.parse(run.ended_at ?? '') - Date.parse(run.created_at);
}

/** The same remote for bare rclone. */
async function bareConfig(longshore: Longshore, s3: S3): Promise<string> {
  const folder = join(longshore.data, '..', 'bare');
  await mkdir(folder, { recursive: true });
  const lines = Object.entries(s3.config).map(([key, value]) => `${key} = ${value}`);
  const file = join(folder, 'rclone.conf');
  await writeFile(file, `[peer]\ntype = s3\n${lines.join('\n')}\n`);
  return file;
}
