// Encrypted before it leaves: the wizard makes the remote, the recovery sheet is shown once, what is copied lies unreadable on the peer, and
// the sheet alone reads it again.
import { spawnSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Api } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { arrived, chooseS3, encryptIn, enter, open } from '../support/pages';
import { RCLONE } from '../support/process';
import { hashes, makeTree } from '../support/trees';

test('an encrypted remote is made, its sheet is kept, and the sheet opens it without Longshore', async ({ page, longshore, s3, folder }) => {
  const source = join(longshore.files, 'letters');
  await makeTree(source, { 'to the harbour master.txt': 5_000, 'old/1998.txt': 300 });
  await enter(page, longshore);
  const main = await open(page, longshore, '/remotes/new', 'remotes');

  await test.step('a bucket has to be named', async () => {
    await chooseS3(page, s3);
    await main.getByRole('button', { name: 'Continue' }).click();
    await main.getByLabel('Encrypt names and content').check();
    await main.getByRole('button', { name: 'Continue' }).click();
    await expect(main.getByLabel('Where in the remote')).toBeFocused();
    await expect(main.getByLabel('Where in the remote')).toHaveAccessibleDescription(/Begin with the name of a bucket/);
    await accessible(page);
    await encryptIn(page, `${s3.bucket}/safe`);
  });

  const sheet = await test.step('the sheet has to be taken before one can go on', async () => {
    await main.getByRole('textbox', { name: 'Name', exact: true }).fill('peer');
    await expect(main).toContainText('peer-crypt');
    await main.getByRole('button', { name: 'Test the connection' }).click();
    await main.getByRole('button', { name: 'Save remote' }).click();
    await expect(main.getByRole('heading', { name: 'Keep the recovery sheet of peer-crypt' })).toBeFocused();
    const go = main.getByRole('button', { name: 'Go to the remotes' });
    await expect(go).toBeDisabled();
    await expect(main.getByLabel('I have saved it')).toBeDisabled();
    await accessible(page);
    const text = await main.locator('[data-sheet]').innerText();
    const downloading = page.waitForEvent('download');
    await main.getByRole('button', { name: 'Download' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('peer-crypt recovery sheet.txt');
    expect((await readFile(await download.path(), 'utf8')).trim()).toBe(text.trim());
    await main.getByLabel('I have saved it').check();
    await go.click();
    await expect(page).toHaveURL(/\/remotes$/);
    await expect(main.getByRole('row').filter({ hasText: 'peer-crypt' })).toContainText('Encrypted');
    return text;
  });

  await test.step('it is never shown again', async () => {
    const password = /^Password:\n +(\S+)$/m.exec(sheet)?.[1] ?? '';
    expect(password.length).toBeGreaterThan(40);
    await page.goBack();
    await arrived(page, 'remotes');
    for (const path of ['/remotes', '/audit', '/api/v1/remotes', '/api/v1/audit']) {
      expect(await (await page.request.get(longshore.url + path)).text(), path).not.toContain(password);
    }
    expect(await page.content()).not.toContain(password);
    expect(longshore.output).not.toContain(password);
  });

  await test.step('what is copied lies encrypted on the peer', async () => {
    const api = new Api(longshore);
    expect((await api.ended(await api.copy(source, 'peer-crypt:mail'))).state).toBe('succeeded');
    const stored = await readdir(join(s3.folder, s3.bucket), { recursive: true });
    expect(stored.filter((name) => /harbour|1998|mail/.test(name))).toEqual([]);
    const plain = Object.values(await hashes(source));
    const found = Object.values(await hashes(join(s3.folder, s3.bucket, 'safe')));
    expect(found).toHaveLength(plain.length);
    expect(found.filter((hash) => plain.includes(hash))).toEqual([]);
  });

  await test.step('the sheet and rclone are enough to read it', async () => {
    const env = { ...process.env, RCLONE_CONFIG: join(folder, 'elsewhere.conf'), RCLONE };
    const run = (command: string) => {
      const done = spawnSync('sh', ['-c', command.replace(/^rclone/, '"$RCLONE"')], { env, encoding: 'utf8' });
      expect(done.status, `${command}\n${done.stderr}`).toBe(0);
    };
    run(`rclone config create peer s3 ${Object.entries(s3.config).map(([name, value]) => `${name}='${value}'`).join(' ')}`);
    run(/^rclone config create .*$/m.exec(sheet)?.[0] ?? 'false');
    run(`rclone copy peer-crypt: ${join(folder, 'back')}`);
    expect(await hashes(join(folder, 'back', 'mail'))).toEqual(await hashes(source));
  });
});
