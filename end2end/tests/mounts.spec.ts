// A location as a folder of this server: mounted, read, written, taken away; and refused where it would do harm.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Api } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { arrived, chooseFolder, enter, fillMount, interactive, mountRow, open } from '../support/pages';
import { canMount, mountsBelow } from '../support/mounts';
import { until } from '../support/process';
import { processesOf } from '../support/processes';
import { makeTree } from '../support/trees';

test.skip(!canMount(), 'this machine has no FUSE');

test('a bucket is mounted, used by other programs, and unmounted', async ({ page, longshore, s3 }) => {
  const place = join(longshore.files, 'mnt', 'photos');
  await makeTree(join(s3.folder, s3.bucket), { 'letter.txt': 2_000 });
  await new Api(longshore).addRemote('peer', 's3', s3.config);
  await enter(page, longshore);

  await test.step('the empty page leads to the form', async () => {
    await page.getByRole('link', { name: 'Mounts' }).click();
    const main = await arrived(page, 'mounts');
    await expect(main).toContainText('Nothing is mounted');
    await accessible(page);
    await main.getByRole('link', { name: 'Mount a location' }).first().click();
    await expect(page).toHaveURL(/\/mounts\?new=1$/);
    await expect(main.getByRole('textbox', { name: 'What' })).toBeFocused();
  });

  await test.step('it is picked, named and mounted', async () => {
    const main = page.locator('main');
    await chooseFolder(page, 'what', [/peer/, s3.bucket]);
    await expect(main.getByRole('textbox', { name: 'What' })).toHaveValue(`peer:${s3.bucket}`);
    await main.getByRole('textbox', { name: 'Where' }).fill(place);
    await main.getByLabel('Read only').uncheck();
    await main.getByRole('button', { name: 'Mount', exact: true }).click();
    await expect(mountRow(page, place)).toHaveAttribute('data-state', 'mounted');
    await expect(page).toHaveURL(/\/mounts$/);
    await expect(main.getByRole('status').first()).toContainText(`is mounted at ${place}`);
    await accessible(page);
  });

  await test.step('other programs read and write it', async () => {
    expect(await readFile(join(place, 'letter.txt'))).toEqual(await readFile(join(s3.folder, s3.bucket, 'letter.txt')));
    await writeFile(join(place, 'answer.txt'), 'by way of the mount');
  });

  await test.step('what is not uploaded is not lost without a question', async () => {
    await page.reload();
    await interactive(page);
    const row = mountRow(page, place);
    await expect(row).toContainText('1 file waits to be uploaded');
    await row.getByRole('button', { name: `Unmount ${place}` }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText(`has not reached peer:${s3.bucket} yet`);
    await accessible(page);
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    await expect(dialog).toBeHidden();
    await expect(row.getByRole('button')).toBeFocused();
    expect(mountsBelow(longshore.files)).toEqual([place]);
    // The page follows by itself.
    await expect(row).not.toContainText('to be uploaded');
    expect(await readFile(join(s3.folder, s3.bucket, 'answer.txt'), 'utf8')).toBe('by way of the mount');
  });

  await test.step('it goes at once when nothing waits', async () => {
    await mountRow(page, place).getByRole('button').click();
    await expect(mountRow(page, place)).toHaveCount(0);
    await expect(page.getByRole('status').first()).toContainText('was unmounted');
    await expect(page.locator('main')).toContainText('Nothing is mounted');
    expect(mountsBelow(longshore.files)).toEqual([]);
  });
});

test('a place that would do harm is refused beside its field', async ({ page, longshore, watch }) => {
  watch.allow(/status 40[04]: POST .*mounts\/create/, /console error: .*40[04]/);
  await makeTree(join(longshore.files, 'source'), { 'a.txt': 10 });
  await enter(page, longshore);
  const main = await open(page, longshore, '/mounts?new=1', 'mounts');

  await main.getByRole('button', { name: 'Mount', exact: true }).click();
  await expect(main.getByRole('textbox', { name: 'What' })).toBeFocused();
  await expect(main.getByRole('textbox', { name: 'What' })).toHaveAccessibleDescription(/Choose a folder/);

  await fillMount(page, join(longshore.files, 'source'), '/etc/longshore');
  const where = main.getByRole('textbox', { name: 'Where' });
  await expect(where).toHaveAccessibleDescription(new RegExp(`^Choose a folder inside an allowed one: ${longshore.files}`));
  await expect(where).toBeFocused();
  await expect(where).toHaveAttribute('aria-invalid', 'true');
  await accessible(page);
  await where.fill(join(longshore.files, 'mnt'));
  await expect(where).not.toHaveAttribute('aria-invalid', 'true');

  // An error that belongs to no field is shown below them.
  await fillMount(page, 'nosuch:', join(longshore.files, 'mnt'));
  await expect(main.getByRole('alert')).toContainText('There is no');
  expect(mountsBelow(longshore.files)).toEqual([]);
  await main.getByRole('link', { name: 'Cancel' }).click();
  await expect(main.getByRole('heading', { name: 'Mount a location' })).toHaveCount(0);
});

test('a mount whose process is gone says so, and is removed', async ({ page, longshore }) => {
  const place = join(longshore.files, 'mnt');
  await makeTree(join(longshore.files, 'source'), { 'a.txt': 10 });
  const api = new Api(longshore);
  const location = join(longshore.files, 'source');
  const { id } = await api.call<{ id: string }>('POST', '/mounts', { location, mount_point: place });
  const { shim, rclone } = await processesOf(id, 'mount');
  for (const pid of [shim, rclone]) process.kill(pid, 'SIGKILL');
  await until('the mount to be gone', async () => {
    const [mount] = await api.call<{ state: string }[]>('GET', '/mounts');
    return mount?.state === 'gone' ? true : undefined;
  });
  await enter(page, longshore);
  await open(page, longshore, '/mounts', 'mounts');
  const row = mountRow(page, place);
  await expect(row).toContainText('Its process has ended');
  await row.getByRole('button', { name: `Remove ${place}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
  await expect(row).toHaveCount(0);
  expect(mountsBelow(longshore.files)).toEqual([]);
});

test('a viewer sees what is mounted, and can change nothing', async ({ page, longshore }) => {
  const place = join(longshore.files, 'mnt');
  const api = new Api(longshore);
  const eva = { username: 'eva', password: 'salt-marsh-2207-pier' };
  await makeTree(join(longshore.files, 'source'), { 'a.txt': 10 });
  await api.call('POST', '/users', { name: eva.username, role: 'viewer', password: eva.password, must_change_password: false });
  const { id } = await api.call<{ id: string }>('POST', '/mounts', { location: join(longshore.files, 'source'), mount_point: place, read_only: true });
  await enter(page, longshore, eva);
  const main = await open(page, longshore, '/mounts?new=1', 'mounts');
  await expect(mountRow(page, place)).toContainText('Read only');
  await expect(main.getByRole('button')).toHaveCount(0);
  await expect(main.getByRole('textbox')).toHaveCount(0);
  await api.call('DELETE', `/mounts/${id}`);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the list is there, and a mount can be taken away', async ({ page, longshore, watch }) => {
    watch.allow(/\.js csp$/);
    const place = join(longshore.files, 'mnt');
    await makeTree(join(longshore.files, 'source'), { 'a.txt': 10 });
    await new Api(longshore).call('POST', '/mounts', { location: join(longshore.files, 'source'), mount_point: place, read_only: true });
    await page.goto(`${longshore.url}/login?next=%2Fmounts`);
    await page.locator('[name=username]').fill('ana');
    await page.locator('[name=password]').fill('tidal-quay-4711-lamp');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(mountRow(page, place)).toHaveAttribute('data-state', 'mounted');
    await mountRow(page, place).getByRole('button').click();
    await expect(mountRow(page, place)).toHaveCount(0);
    expect(mountsBelow(longshore.files)).toEqual([]);
  });
});
