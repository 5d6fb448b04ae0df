// The first step of the wizard: all providers that rclone has, found by typing, by keyboard alone.
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { enter, interactive, open } from '../support/pages';

test('a provider is found by typing, and its options come when it is chosen', async ({ page, longshore }) => {
  await enter(page, longshore);
  const main = await open(page, longshore, '/remotes/new', 'remotes');
  for (const group of ['Popular', 'Object storage', 'Consumer drives', 'Protocols', 'Wrappers']) {
    await expect(main.getByRole('region', { name: group })).toBeVisible();
  }
  const links = main.getByRole('region', { name: 'Provider', exact: true }).locator('a.provider:visible');
  expect(await links.count()).toBeGreaterThan(60);
  await accessible(page);

  const search = main.getByRole('searchbox', { name: 'Search the providers' });
  await search.focus();
  await page.keyboard.type('nextcloud');
  await expect(links).toHaveCount(1);
  await expect(main.getByRole('region', { name: 'Wrappers' })).toBeHidden();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/provider=webdav$/);
  await expect(main.locator('#option-url')).toBeVisible();
  await expect(main.locator('#option-bearer_token_command')).toHaveCount(0);
  await accessible(page);

  // What is wrong here means nothing for the next provider.
  await main.getByRole('button', { name: 'Continue' }).click();
  await expect(main.locator('#option-url')).toHaveAttribute('aria-invalid', 'true');
  await main.getByRole('link', { name: 'Back' }).click();
  await search.fill('no such thing');
  await expect(links).toHaveCount(0);
  await expect(main.getByRole('status').filter({ hasText: 'No provider matches' })).toBeVisible();
  await search.fill('dropb');
  await search.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/provider=dropbox$/);
  await expect(main.locator('#option-token')).toBeVisible();
  await expect(main).toContainText('rclone authorize "dropbox"');
});

test('a wrapping remote is made over a folder of this server', async ({ page, longshore }) => {
  await enter(page, longshore);
  const main = await open(page, longshore, '/remotes/new?provider=crypt', 'remotes');
  await main.locator('#option-remote').fill(longshore.files);
  await main.locator('#option-password').fill('a long pass phrase');
  await main.getByRole('button', { name: 'Continue' }).click();
  await main.getByRole('textbox', { name: 'Name', exact: true }).fill('safe');
  await main.getByRole('button', { name: 'Test the connection' }).click();
  await main.getByRole('button', { name: 'Save remote' }).click();
  await expect(page).toHaveURL(/\/remotes$/);
  await expect(main.getByRole('row').filter({ hasText: 'safe' })).toContainText('Connected');
});

test('what a page needs is small: the options of one provider, not of all', async ({ page, longshore }) => {
  await enter(page, longshore);
  const answer = await page.goto(`${longshore.url}/remotes/new`);
  const html = (await answer?.text()) ?? '';
  expect(html).toContain('WebDAV');
  expect(html).not.toContain('bearer_token');
  expect(html.length).toBeLessThan(200_000);
  await interactive(page);
});
