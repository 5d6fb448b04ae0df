// First trust: the wizard shows a server's host key before the password goes to it; another key later is refused until somebody trusts it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { arrived, enter, open, signIn } from '../support/pages';
import { Sftp } from '../support/sftp';

test('a host key is compared, kept, and another one is trusted only by a person', async ({ page, folder, longshore }) => {
  const sftp = new Sftp(join(folder, 'sftp'));
  await sftp.start();
  try {
    await enter(page, longshore);
    const main = await open(page, longshore, '/remotes/new?provider=sftp', 'remotes');
    await main.locator('#option-host').fill('127.0.0.1');
    await main.locator('#option-port').fill(String(sftp.port));
    await main.locator('#option-user').fill(sftp.user);
    await main.locator('#option-pass').fill(sftp.pass);
    await main.getByRole('button', { name: 'Continue' }).click();
    await main.getByRole('button', { name: 'Continue' }).click();
    await main.getByRole('textbox', { name: 'Name', exact: true }).fill('nas');
    await main.getByRole('button', { name: 'Test the connection' }).click();
    const shown = main.getByRole('region', { name: 'Identity of the server' });
    await expect(shown.locator('[data-fingerprint]')).toHaveText(sftp.fingerprint());
    await expect(shown).toContainText('ssh-ed25519');
    await accessible(page);
    await shown.getByRole('button', { name: 'Trust this host key and test' }).press('Enter');
    await expect(main).toContainText('Connected');
    await main.getByRole('button', { name: 'Save remote' }).click();
    await expect(page).toHaveURL(/\/remotes$/);
    const row = main.getByRole('row').filter({ hasText: 'nas' });
    await expect(row).toContainText('Host key pinned');

    await sftp.renew();
    await row.getByRole('button', { name: 'Test nas' }).click();
    await expect(row).toContainText(sftp.fingerprint());
    await expect(row).toContainText('has changed');
    await row.getByRole('link', { name: 'Host key pinned' }).click();
    await expect(page).toHaveURL(/\/remotes\/nas\/trust$/);
    await expect(main).toContainText('does not match what this remote trusts');
    await accessible(page);
    await main.getByRole('button', { name: 'Trust this host key' }).click();
    await expect(main).toContainText('The server’s identity matches what this remote trusts.');
  } finally {
    await sftp.stop();
  }
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ watch }) => watch.allow(/\.js csp$/, /longshore\.wasm was preloaded using link preload but not used/));

  test('the host key of an older remote is trusted', async ({ page, folder, longshore }) => {
    const sftp = new Sftp(join(folder, 'sftp'));
    await sftp.start();
    try {
      await writeFile(join(longshore.data, 'rclone.conf'), `[old]\ntype = sftp\nhost = 127.0.0.1\nport = ${sftp.port}\nuser = ${sftp.user}\n`);
      await page.goto(`${longshore.url}/remotes`);
      await signIn(page);
      const list = await arrived(page, 'remotes');
      await list.getByRole('link', { name: 'Host key not checked' }).click();
      const main = page.locator('main');
      await expect(main).toContainText(sftp.fingerprint());
      await main.getByRole('button', { name: 'Trust this host key' }).click();
      await expect(main).toContainText('The server’s identity matches what this remote trusts.');
    } finally {
      await sftp.stop();
    }
  });
});
