// What a test may ask for. A console and its peers are made for one test and gone after it.
import { type TestInfo, test as base, expect } from '@playwright/test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Longshore } from './longshore';
import { unmountBelow } from './mounts';
import { RCLONE } from './process';
import { S3 } from './s3';
import { Watch } from './watch';

interface Fixtures {
  /** The rclone that the console uses; a test may take away the good one. */
  rclone: string;
  /** The PATH of the console; a test may take away what it finds there. */
  path: string;
  /** An empty folder. */
  folder: string;
  /** A console that nobody has set up. */
  fresh: Longshore;
  /** A console with an admin. */
  longshore: Longshore;
  /** An S3 server with one empty bucket. */
  s3: S3;
  /** Fails the test for what a page must never do. */
  watch: Watch;
}

export const test = base.extend<Fixtures>({
  rclone: [RCLONE, { option: true }],
  path: [process.env.PATH ?? '', { option: true }],
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'longshore-e2e-'));
    await use(folder);
    unmountBelow(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  },
  fresh: async ({ folder, rclone, watch }, use, info) => {
    const longshore = new Longshore(folder, rclone);
    await lend(longshore, watch, use, info);
  },
  longshore: async ({ folder, rclone, path, watch }, use, info) => {
    const longshore = new Longshore(folder, rclone, path);
    longshore.createAdmin();
    await lend(longshore, watch, use, info);
  },
  s3: async ({ folder }, use) => {
    const s3 = new S3(join(folder, 's3'));
    await s3.start();
    await use(s3);
    await s3.stop();
  },
  watch: [
    async ({ context }, use) => {
      const watch = await Watch.over(context);
      await use(watch);
      expect(watch.problems(), 'what a page must never do').toEqual([]);
    },
    { auto: true },
  ],
});

/** Starts a console for one test, and keeps its log when the test fails. */
async function lend(longshore: Longshore, watch: Watch, use: (longshore: Longshore) => Promise<void>, info: TestInfo): Promise<void> {
  await mkdir(longshore.files, { recursive: true });
  await longshore.start();
  await use(longshore);
  // The test is over: that its pages lose the console now is not the console's fault.
  watch.close();
  await longshore.stop();
  if (info.status !== info.expectedStatus) await info.attach('longshore.log', { body: longshore.output, contentType: 'text/plain' });
}

export { expect };
