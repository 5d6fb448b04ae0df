// What a person waits for: bytes of the first load, the first useful picture, the first rows of a long list.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { ADMIN, type Longshore } from '../support/longshore';
import { RCLONE } from '../support/process';
import { makeMany } from '../support/trees';
import { type Row, median, seconds } from './measure';

const KILOBYTE = 1000;

interface Marks {
  painted?: number;
  hydrated?: number;
  rows?: number;
}

/** A browser that has never seen the console, signed in or not, that notes when things appear. */
async function visitor(browser: Browser, longshore: Longshore, signedIn: boolean, row = ''): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: longshore.url, viewport: { width: 1440, height: 900 } });
  if (signedIn) {
    const headers = { origin: longshore.url, accept: 'text/html' };
    const answer = await context.request.post('/api/fn/sessions/create', { form: { ...ADMIN }, headers, maxRedirects: 0 });
    if (answer.status() !== 302) throw new Error(`sign-in answered ${answer.status()}`);
  }
  await context.addInitScript((row) => {
    const marks: Marks = {};
    Object.assign(window, { __marks: marks });
    new PerformanceObserver((list) => {
      marks.painted = list.getEntries().at(-1)?.startTime;
    }).observe({ type: 'largest-contentful-paint', buffered: true });
    const look = () => {
      if (document.documentElement.hasAttribute('data-hydrated')) marks.hydrated ??= performance.now();
      if (row && document.querySelector('[role=grid]')?.textContent?.includes(row)) marks.rows ??= performance.now();
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, row);
  return context;
}

async function marks(page: Page, wanted: keyof Marks): Promise<Marks> {
  const read = () => (window as unknown as { __marks: Marks }).__marks;
  await page.waitForFunction((wanted) => (window as unknown as { __marks: Marks }).__marks[wanted] !== undefined, wanted, { timeout: 120_000 });
  return page.evaluate(read);
}

/** Bytes and times of the first load of two pages. */
export async function firstLoads(browser: Browser, longshore: Longshore, repetitions = 9): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [path, signedIn] of [['/login', false], ['/', true]] as const) {
    const loads: { bytes: number; marks: Marks }[] = [];
    for (let i = 0; i < repetitions; i++) {
      const context = await visitor(browser, longshore, signedIn);
      const page = await context.newPage();
      const wire = await context.newCDPSession(page);
      let bytes = 0;
      await wire.send('Network.enable');
      wire.on('Network.loadingFinished', (event) => {
        bytes += event.encodedDataLength;
      });
      await page.goto(path);
      const seen = await marks(page, 'hydrated');
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      loads.push({ bytes, marks: seen });
      await context.close();
    }
    const bytes = median(loads.map((load) => load.bytes)) / KILOBYTE;
    const painted = median(loads.map((load) => load.marks.painted ?? Number.NaN));
    const hydrated = median(loads.map((load) => load.marks.hydrated ?? Number.NaN));
    rows.push({ what: `first load of ${path}, bytes on the wire`, measured: `${bytes.toFixed(0)} kB`, goal: '≤ 283 kB', met: bytes <= 283 });
    rows.push({ what: `useful render of ${path} (largest paint)`, measured: seconds(painted), goal: '≤ 0.4 s', met: painted <= 400 });
    rows.push({ what: `interactive ${path} (hydrated)`, measured: seconds(hydrated), goal: '' });
  }
  return rows;
}

/** From the navigation to the first rows of a folder that was never listed, beside rclone's own listing of it. */
export async function firstRows(browser: Browser, longshore: Longshore): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [count, repetitions] of [[1_000, 7], [10_000, 7], [100_000, 5]] as const) {
    let folder = join(longshore.files, `list-${count}`);
    await makeMany(folder, count);
    const context = await visitor(browser, longshore, true, 'file-000000.dat');
    // The code is in the browser's cache by now, as it is for a person who goes from page to page.
    const warm = await context.newPage();
    await warm.goto('/');
    await marks(warm, 'hydrated');
    await warm.close();
    const [own, ours]: [number[], number[]] = [[], []];
    for (let i = 0; i < repetitions; i++) {
      // A new name: the console has no listing of it to remember.
      const next = join(longshore.files, `list-${count}-${i}`);
      await rename(folder, next);
      folder = next;
      own.push(await lsjson(folder));
      const page = await context.newPage();
      await page.goto(`/browse/local${folder}`, { waitUntil: 'commit' });
      ours.push((await marks(page, 'rows')).rows ?? Number.NaN);
      await page.close();
    }
    await context.close();
    const [rclone, console] = [median(own), median(ours)];
    const goal = { 1_000: 300, 10_000: 300, 100_000: rclone * 1.15 }[count];
    rows.push({
      what: `first rows of ${count.toLocaleString('en')} entries`,
      measured: `${seconds(console)} (rclone lsjson ${seconds(rclone)})`,
      goal: count === 100_000 ? `≤ 1.15 × lsjson` : '≤ 0.3 s',
      met: console <= goal,
    });
  }
  return rows;
}

async function lsjson(folder: string): Promise<number> {
  const start = performance.now();
  const child = spawn(RCLONE, ['lsjson', '--config', '/dev/null', '--', folder], { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`rclone lsjson ended with ${code}`);
  return performance.now() - start;
}
