// Who may come in, with what, and who says so: an admin adds a person, keeps them out, makes a token and takes it back; the log has it all.
import { Api } from '../support/api';
import { accessible } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { ADMIN } from '../support/longshore';
import { actions, addPerson, arrived, choosePassword, enter, interactive, makeToken, open, personRow, signIn } from '../support/pages';
import { Watch } from '../support/watch';

const EVA = { username: 'eva', password: 'salt-marsh-2207-pier' };

test('a person is added, works, and is kept out; a token lives and dies; the log tells it', async ({ page, browser, longshore }) => {
  const context = await browser.newContext();
  const watch = await Watch.over(context);
  // What she may not is refused, and what ends leads to the sign-in.
  watch.allow(/status 40[13]/, /console error: .*40[13]/);
  const hers = await context.newPage();
  const eva = { ...EVA };

  await test.step('the admin adds an operator', async () => {
    await enter(page, longshore);
    await page.getByRole('link', { name: 'Settings' }).click();
    await expect(page.getByRole('link', { name: 'People' })).toHaveAttribute('aria-current', 'page');
    await addPerson(page, EVA, 'operator');
    await expect(page.getByRole('status')).toContainText('eva can sign in now');
    await accessible(page);
  });

  await test.step('who signs in, and sees no people', async () => {
    await open(hers, longshore, '/login', 'login');
    await signIn(hers, eva);
    await arrived(hers, 'password');
    // Somebody else chose it: she chooses her own before anything else.
    await hers.goto(`${longshore.url}/runs`);
    await choosePassword(hers, eva, 'pebble-lantern-9034-quay');
    await interactive(hers);
    await expect(hers.getByRole('link', { name: 'Audit' })).toHaveCount(0);
    const settings = await open(hers, longshore, '/settings', 'settings');
    await expect(settings.getByRole('link', { name: 'API tokens' })).toHaveAttribute('aria-current', 'page');
    await expect(settings.getByRole('link', { name: 'People' })).toHaveCount(0);
    await hers.goto(`${longshore.url}/settings/people`);
    await expect(await arrived(hers, 'settings')).toContainText('needs the role admin');
    await hers.goto(`${longshore.url}/audit`);
    await expect(await arrived(hers, 'audit')).toContainText('needs the role admin');
    expect((await hers.request.get(`${longshore.url}/api/v1/users`)).status()).toBe(403);
    expect((await hers.request.get(`${longshore.url}/api/v1/runs`)).status()).toBe(200);
  });

  await test.step('sessions are seen, and this one is marked', async () => {
    const settings = await open(hers, longshore, '/settings/sessions', 'settings');
    await expect(settings.locator('[data-session]')).toHaveCount(1);
    await expect(settings.locator('[data-session]')).toContainText('This browser');
    await accessible(hers);
  });

  await test.step('signed out by the admin, her page leads to the sign-in, and she comes back', async () => {
    await personRow(page, EVA.username).getByRole('button', { name: 'Sign eva out everywhere' }).click();
    await expect(page.locator('main .note')).toContainText('Signed out everywhere');
    await arrived(hers, 'login');
    await interactive(hers);
    await signIn(hers, eva);
    await expect(hers.locator('main[data-page="login"]')).toHaveCount(0);
  });

  await test.step('disabled, her page leads to the sign-in', async () => {
    const row = personRow(page, EVA.username);
    await row.getByRole('button', { name: 'Disable eva' }).click();
    await expect(row).toContainText('Disabled');
    await arrived(hers, 'login');
    await interactive(hers);
    await hers.locator('[name=username]').fill(EVA.username);
    await hers.locator('[name=password]').fill(eva.password);
    await hers.getByRole('button', { name: 'Sign in' }).click();
    await expect(hers.getByRole('alert')).toContainText('wrong');
  });

  await test.step('a role changes at once, and one that is refused goes back', async () => {
    const role = personRow(page, EVA.username).getByLabel('Role of eva');
    await role.selectOption('viewer');
    await expect(page.locator('main .note')).toContainText('eva');
    await page.reload();
    await expect(personRow(page, EVA.username).getByLabel('Role of eva')).toHaveValue('viewer');
    await expect(personRow(page, ADMIN.username).getByRole('combobox')).toHaveCount(0);
  });

  await test.step('a token is made, used and revoked', async () => {
    await interactive(page);
    await page.getByRole('link', { name: 'API tokens' }).click();
    const token = await makeToken(page, 'journey');
    expect(token).toMatch(/^lsh_\w{43}$/);
    const ask = () => fetch(`${longshore.url}/api/v1/runs`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask()).status).toBe(200);
    await accessible(page);
    await page.getByRole('button', { name: 'Revoke journey' }).click();
    await page.getByRole('button', { name: 'Revoke token' }).and(page.locator(':visible')).click();
    await expect(page.locator('[data-token=journey]')).toHaveCount(0);
    expect((await ask()).status).toBe(401);
    await page.reload();
    await expect(page.locator('main')).not.toContainText(token);
  });

  await test.step('the log has it all, and finds it', async () => {
    await interactive(page);
    await page.getByRole('link', { name: 'Audit' }).click();
    await arrived(page, 'audit');
    await expect(actions(page)).toContainText(['token.delete', 'token.create', 'user.role', 'session.create', 'user.disable']);
    const main = page.locator('main');
    await main.getByLabel('Who').fill('EVA');
    await main.getByLabel('Result').selectOption('failed');
    await expect(page).toHaveURL(/\/audit\?user=EVA&result=failed$/);
    // Her last try to sign in, and before it what she was refused.
    await expect(actions(page).first()).toHaveText('session.create');
    await expect(actions(page).nth(1)).toHaveText('access.deny');
    await page.goBack();
    await expect(actions(page).nth(4)).toBeVisible();
    await main.getByLabel('Action begins with').fill('user.');
    await main.getByRole('button', { name: 'Filter' }).click();
    await expect(actions(page)).toHaveText(['user.role', 'user.disable', 'user.password', 'user.create', 'user.create']);
    await main.locator('summary').first().click();
    await expect(main.locator('details[open]')).toContainText('viewer');
    await accessible(page);
  });

  expect(watch.problems(), 'what a page must never do').toEqual([]);
  await context.close();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('people are added and changed, sessions end, the log is filtered', async ({ page, longshore, watch }) => {
    watch.allow(/\.js csp$/);
    const api = new Api(longshore);
    await page.goto(`${longshore.url}/settings/people`);
    await page.locator('[name=username]').fill(ADMIN.username);
    await page.locator('[name=password]').fill(ADMIN.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await addPerson(page, EVA, 'viewer');
    const row = personRow(page, EVA.username);
    await row.getByLabel('Role of eva').selectOption('operator');
    await row.getByRole('button', { name: 'Save' }).click();
    await expect(row.getByLabel('Role of eva')).toHaveValue('operator');
    await row.getByRole('button', { name: 'Disable eva' }).click();
    await expect(row).toContainText('Disabled');
    const { users } = await api.call<{ users: { name: string; role: string; disabled: boolean }[] }>('GET', '/users');
    expect(users.find((user) => user.name === 'eva')).toMatchObject({ role: 'operator', disabled: true });

    // A name that is taken is reported, and the form is open again.
    await page.getByText('Add a person').click();
    await page.getByLabel('Name', { exact: true }).fill('EVA');
    await page.getByLabel('First password').fill(EVA.password);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(page.getByRole('alert')).toContainText('already');

    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByLabel('Action begins with').fill('user.');
    await page.getByRole('button', { name: 'Filter' }).click();
    await expect(actions(page)).toHaveText(['user.disable', 'user.role', 'user.create', 'user.create']);
  });
});
