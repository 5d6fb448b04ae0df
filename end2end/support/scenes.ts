// The console as people find it: new, in use, in trouble. Every page in each of these, for pictures and for axe.
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Page, expect } from '@playwright/test';
import { Api } from './api';
import type { Longshore } from './longshore';
import { canMount } from './mounts';
import { type PageName, arrived, chooseS3, encryptIn, fillMount, fillTransfer, interactive, mountRow, preview, unfold } from './pages';
import type { S3 } from './s3';
import { processesOf } from './processes';
import { makeMany, makeTree } from './trees';

export interface Scene {
  /** The picture's name. */
  name: string;
  path: string;
  page: PageName;
  /** What is done before the picture is taken. */
  act?: (page: Page) => Promise<void>;
}

/** In front of the console. */
export const LOGIN: Scene[] = [
  { name: 'login', path: '/login', page: 'login' },
];

/** Nothing was done yet. */
export const EMPTY: Scene[] = [
  { name: 'overview-empty', path: '/', page: 'overview' },
  { name: 'browse-empty', path: '/browse', page: 'browse' },
  { name: 'remotes-empty', path: '/remotes', page: 'remotes' },
  { name: 'jobs-empty', path: '/jobs', page: 'jobs' },
  { name: 'runs-empty', path: '/runs', page: 'runs' },
  { name: 'mounts-empty', path: '/mounts', page: 'mounts' },
  { name: 'account', path: '/runs', page: 'runs', act: async (page) => page.getByRole('button', { name: /^Account of/ }).click() },
];

/** Fills a console with remotes, files and runs that ended in every way, one still going on. */
export async function fill(longshore: Longshore, s3: S3): Promise<{ scenes: Scene[]; finish: () => Promise<void> }> {
  const api = new Api(longshore);
  const at = (...names: string[]) => join(longshore.files, ...names);
  const photos = at('photos', '2026');
  await makeTree(photos, {
    'IMG_2031.HEIC': 310_000,
    'IMG_2033 tram 28.MOV': 8_000_000,
    'IMG_2040 a very long name that somebody typed on a phone at the beach and never shortened.HEIC': 300_000,
    'captions.md': 12_000,
    'raw-2026-05.tar.zst': 4_000_000,
    'Lisbon/IMG_1.HEIC': 200_000,
    'Porto, family/IMG_2.HEIC': 200_000,
  });
  await makeTree(at('database'), { 'nightly.dump': 3_000_000 });
  await makeTree(at('video'), { 'long-take.mkv': 48_000_000, 'second.mkv': 24_000_000 });
  await makeMany(at('many'), 2_000, 100);
  await mkdir(at('empty'), { recursive: true });

  await api.addRemote('archive', 's3', s3.config);
  await api.addRemote('archive-old-key', 's3', { ...s3.config, secret_access_key: 'no-longer-valid' });
  await api.addRemote('photos', 'alias', { remote: at('photos') });

  const failed = await api.copy(at('database'), `archive-old-key:${s3.bucket}/database`);
  const done = await api.copy(photos, `archive:${s3.bucket}/photos/2026`);
  await api.ended(done);
  await api.ended(await api.copy(at('many'), `archive:${s3.bucket}/many`));
  await api.ended(await api.copy(`archive:${s3.bucket}/photos/2026`, at('restored', 'photos', 'a folder with quite a long name', '2026')));
  const stopped = await api.copy(at('video'), at('video-copy'), { bwlimit: '1M' });
  await api.call('POST', `/runs/${stopped}/stop`);
  expect((await api.ended(stopped)).state).toBe('cancelled');
  expect((await api.ended(failed, 120_000)).state).toBe('failed');
  const warned = await warning(api, photos, at('vault'));
  // Somebody writes to rclone.conf by hand: a server whose key nobody has seen, and a name that no rclone can be asked for.
  await appendFile(join(longshore.data, 'rclone.conf'), '\n[nas]\ntype = sftp\nhost = nas.example.org\n\n[a:b]\ntype = local\n');
  await people(longshore, api);
  const job = await jobs(api, longshore, s3);
  const mounted = await mounts(longshore, api, s3);
  // Slow enough to go on until the last picture is taken.
  const running = await api.copy(at('video'), `archive:${s3.bucket}/video`, { bwlimit: '100k', transfers: 2 });

  const scenes: Scene[] = [
    { name: 'overview', path: '/', page: 'overview' },
    { name: 'browse', path: '/browse', page: 'browse' },
    { name: 'browse-folder', path: `/browse/local${photos}`, page: 'browse', act: select },
    { name: 'browse-many', path: `/browse/local${at('many')}?sort=size&desc=1`, page: 'browse' },
    { name: 'browse-s3', path: `/browse/archive/${s3.bucket}/photos/2026`, page: 'browse' },
    { name: 'browse-nothing', path: `/browse/local${at('empty')}`, page: 'browse' },
    { name: 'remotes', path: '/remotes', page: 'remotes' },
    { name: 'wizard-provider', path: '/remotes/new', page: 'remotes' },
    { name: 'wizard-connect', path: '/remotes/new', page: 'remotes', act: (page) => chooseS3(page, s3) },
    { name: 'job', path: `/jobs/new?source=${encodeURIComponent(photos)}`, page: 'jobs' },
    ...job,
    { name: 'runs', path: '/runs', page: 'runs' },
    { name: 'runs-none', path: '/runs?search=nowhere', page: 'runs' },
    { name: 'run-running', path: `/runs/${running}`, page: 'run' },
    { name: 'run-succeeded', path: `/runs/${done}`, page: 'run' },
    { name: 'run-warning', path: `/runs/${warned}`, page: 'run' },
    { name: 'run-failed', path: `/runs/${failed}`, page: 'run' },
    { name: 'run-cancelled', path: `/runs/${stopped}`, page: 'run' },
    { name: 'run-log', path: `/runs/${failed}?show=log`, page: 'run' },
    ...mounted.scenes,
    { name: 'audit', path: '/audit', page: 'audit', act: openFirst },
    { name: 'audit-none', path: '/audit?user=nobody&result=failed', page: 'audit' },
    { name: 'people', path: '/settings/people', page: 'settings' },
    { name: 'people-add', path: '/settings/people', page: 'settings', act: (page) => page.getByText('Add a person').click() },
    { name: 'people-password', path: '/settings/people', page: 'settings', act: (page) => page.getByRole('button', { name: 'New password of eva' }).click() },
    { name: 'tokens', path: '/settings/tokens', page: 'settings' },
    { name: 'tokens-new', path: '/settings/tokens', page: 'settings', act: narrowDown },
    { name: 'sessions', path: '/settings/sessions', page: 'settings' },
    { name: 'more', path: '/runs', page: 'runs', act: openMore },
    { name: 'wizard-encrypt', path: '/remotes/new', page: 'remotes', act: (page) => encryptStep(page, s3) },
    { name: 'wizard-encrypt-name', path: '/remotes/new', page: 'remotes', act: (page) => encrypted(page, s3) },
    { name: 'wizard-sheet', path: '/remotes/new', page: 'remotes', act: (page) => sheet(page, s3) },
  ];
  const finish = async () => {
    await mounted.finish();
    // Where taking the pictures took long, it has ended by itself.
    await api.call('POST', `/runs/${running}/stop`).catch(() => undefined);
    await api.ended(running);
  };
  return { scenes, finish };
}

/** Sets the scene. */
export async function show(page: Page, longshore: Longshore, scene: Scene): Promise<void> {
  await page.goto(longshore.url + scene.path);
  await arrived(page, scene.page);
  await interactive(page);
  await scene.act?.(page);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}

/** A check that can compare no content: what is encrypted has no checksums. */
async function warning(api: Api, source: string, place: string): Promise<string> {
  await api.addRemote('vault', 'crypt', { remote: place, password: 'lantern-and-rope-4711' });
  await api.ended(await api.copy(source, 'vault:2026'));
  const { id } = await api.call<{ id: string }>('POST', '/runs', { operation: 'check', source, destination: 'vault:2026' });
  expect((await api.ended(id)).state).toBe('warning');
  return id;
}

/** Some who may sign in, one who may not any more, and tokens of theirs. */
async function people(longshore: Longshore, api: Api): Promise<void> {
  const password = 'tidal-quay-4711-lamp';
  for (const [name, role] of [['eva', 'operator'], ['a.person.with-quite.a-long.name@storage.example.org', 'viewer'], ['ole', 'viewer']]) {
    await api.call('POST', '/users', { name, role, password, must_change_password: false });
  }
  await api.call('POST', '/tokens', { label: 'nightly backup of nas-01', role: 'operator' });
  await api.call('POST', '/tokens', { label: 'dashboard', role: 'viewer', scopes: ['runs.read', 'metrics.read', 'remotes.read'], expires_in_days: 3650 });
  const { users } = await api.call<{ users: { id: string; name: string }[] }>('GET', '/users');
  longshore.createToken('ole', 'viewer', 'a script that nobody remembers');
  await api.call('PATCH', `/users/${users.find((user) => user.name === 'ole')?.id}`, { disabled: true });
}

/** Jobs that ran well, badly and never, a chain, and the editor in all that it shows. */
async function jobs(api: Api, longshore: Longshore, s3: S3): Promise<Scene[]> {
  const at = (...names: string[]) => join(longshore.files, ...names);
  const save = async (name: string, more: Record<string, unknown>) => (await api.call<{ id: string }>('POST', '/jobs', { name, ...more })).id;
  const run = async (id: string) => api.ended((await api.call<{ id: string }>('POST', `/jobs/${id}/runs`, {})).id, 120_000);
  await makeTree(at('mirror'), Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`Lisbon/old take ${i}.jpg`, 900])));
  await makeTree(at('mirror'), { 'captions.md': 12, 'IMG_2031.HEIC': 1_000, 'a folder with quite a long name/IMG_2040 a very long name that nobody ever shortened.HEIC': 3_000 });
  const check = await save('Check the archive', { operation: 'check', source: at('photos', '2026'), destination: `archive:${s3.bucket}/photos/2026` });
  await run(check);
  const photos = await save('Photos to the archive', {
    operation: 'copy',
    source: at('photos', '2026'),
    destination: `archive:${s3.bucket}/photos/2026`,
    options: { exclude: ['*.tmp'], bwlimit: '10M', flags: { order_by: 'size,descending' } },
    retry: { attempts: 3, backoff_secs: 300 },
    followers: [{ job: check, after: 'success' }],
  });
  await run(photos);
  const mirror = await save('Mirror of this year, for the wall in the living room and everybody who asks', {
    operation: 'sync', source: at('photos', '2026'), destination: at('mirror'), guards: { sentinel: 'captions.md' },
  });
  await run(mirror);
  await save('Letters, both ways', { operation: 'bisync', source: at('letters'), destination: `archive:${s3.bucket}/letters` });
  await save('Clear the inbox', { operation: 'delete', source: at('inbox'), options: { min_age: '30d', max_delete: 500 } });
  const both = (page: Page) => unfold(page, 'What').then(() => unfold(page, 'Safety'));
  return [
    { name: 'jobs', path: '/jobs', page: 'jobs' },
    { name: 'runs-of-job', path: `/runs?job=${mirror}`, page: 'runs' },
    { name: 'jobs-none', path: '/jobs?search=nowhere', page: 'jobs' },
    { name: 'job-edit', path: `/jobs/${photos}`, page: 'jobs' },
    { name: 'job-sync', path: `/jobs/${mirror}`, page: 'jobs', act: async (page) => void (await both(page)) },
    { name: 'job-preview', path: `/jobs/${mirror}`, page: 'jobs', act: async (page) => void (await preview(page)) },
    { name: 'job-approve', path: `/jobs/${mirror}`, page: 'jobs', act: approve },
    { name: 'job-all-options', path: `/jobs/${photos}`, page: 'jobs', act: searchOptions },
    { name: 'job-errors', path: '/jobs/new', page: 'jobs', act: wrongTransfer },
    { name: 'job-bisync', path: '/jobs/new', page: 'jobs', act: async (page) => void (await fillTransfer(page, 'Bisync', at('letters'), `archive:${s3.bucket}/letters`)) },
    { name: 'job-delete', path: '/jobs', page: 'jobs', act: (page) => page.getByRole('button', { name: 'Delete Clear the inbox' }).click() },
  ];
}

async function approve(page: Page): Promise<void> {
  const panel = await preview(page);
  await panel.getByRole('button', { name: 'Approve and run…' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
}

async function searchOptions(page: Page): Promise<void> {
  await unfold(page, 'How');
  await unfold(page, 'All options');
  await page.getByRole('searchbox', { name: 'Search all options' }).fill('order');
  await expect(page.getByRole('textbox', { name: /--order-by/ })).toBeVisible();
}

async function wrongTransfer(page: Page): Promise<void> {
  const main = await fillTransfer(page, 'Sync', 'photos', '');
  await unfold(page, 'How');
  await main.getByLabel(/^Files at once/).fill('many');
  await unfold(page, 'Safety');
  await main.getByLabel(/^Delete limit, in percent/).fill('300');
  await main.getByRole('button', { name: 'Save job' }).click();
  await expect(main.getByRole('textbox', { name: /^To/ })).toBeFocused();
}

/** Mounts in every state: one that is read only, one with files that wait, one whose process is gone. */
async function mounts(longshore: Longshore, api: Api, s3: S3): Promise<{ scenes: Scene[]; finish: () => Promise<void> }> {
  if (!canMount()) return { scenes: [{ name: 'mounts', path: '/mounts', page: 'mounts' }], finish: async () => {} };
  const at = (...names: string[]) => join(longshore.files, ...names);
  const mount = async (location: string, where: string, more: Record<string, boolean> = {}) =>
    (await api.call<{ id: string }>('POST', '/mounts', { location, mount_point: where, ...more })).id;
  await mount(`archive:${s3.bucket}/photos/2026`, at('mnt', 'archive', 'pictures of the family and of the harbour'), { read_only: true, allow_other: true });
  const inbox = at('mnt', 'inbox');
  await mount(`archive:${s3.bucket}`, inbox);
  const old = await mount(at('video'), at('mnt', 'old'));
  for (const pid of Object.values(await processesOf(old, 'mount'))) process.kill(pid, 'SIGKILL');
  // A file is uploaded when it has rested a while: these never rest.
  const write = () => Promise.all(['a', 'b', 'c'].map((name) => writeFile(join(inbox, `${name}.txt`), String(Date.now()))));
  await write();
  let writing = Promise.resolve<unknown>(undefined);
  const restless = setInterval(() => (writing = write()), 1_500);
  const scenes: Scene[] = [
    { name: 'mounts', path: '/mounts', page: 'mounts' },
    { name: 'mounts-ask', path: '/mounts', page: 'mounts', act: (page) => mountRow(page, inbox).getByRole('button').click() },
    { name: 'mounts-new', path: '/mounts?new=1', page: 'mounts', act: (page) => wrongPlace(page, s3) },
  ];
  const finish = async () => {
    clearInterval(restless);
    await writing;
    for (const { id } of await api.call<{ id: string }[]>('GET', '/mounts')) await api.call('DELETE', `/mounts/${id}?force=true`);
  };
  return { scenes, finish };
}

async function wrongPlace(page: Page, s3: S3): Promise<void> {
  await fillMount(page, `archive:${s3.bucket}/video`, '/etc/longshore');
  await expect(page.getByRole('textbox', { name: 'Where' })).toHaveAttribute('aria-invalid', 'true');
}

/** The wizard as far as the question whether to encrypt. */
async function encryptStep(page: Page, s3: S3): Promise<void> {
  await chooseS3(page, s3);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Encrypt names and content').check();
}

async function encrypted(page: Page, s3: S3): Promise<void> {
  await encryptStep(page, s3);
  await encryptIn(page, `${s3.bucket}/safe`);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('letters');
}

let sheets = 0;

/** Each time another remote: its sheet is shown once. */
async function sheet(page: Page, s3: S3): Promise<void> {
  await encrypted(page, s3);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`letters-${++sheets}`);
  await page.getByRole('button', { name: 'Save without a test' }).click();
  await expect(page.locator('[data-sheet]')).toBeVisible();
}

async function openFirst(page: Page): Promise<void> {
  await page.locator('main summary').filter({ hasText: 'archive' }).first().click();
}

async function narrowDown(page: Page): Promise<void> {
  await page.getByText('Create a token').click();
  await page.getByLabel('Limit permissions').check();
}

/** On a phone the rest of the menu is behind a button. */
async function openMore(page: Page): Promise<void> {
  const more = page.getByRole('button', { name: 'More' });
  if (await more.isVisible()) await more.click();
}

async function select(page: Page): Promise<void> {
  const boxes = page.getByRole('grid').getByRole('checkbox');
  await boxes.nth(1).check();
  await boxes.nth(3).check();
}
