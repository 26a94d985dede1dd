// Turns the pages of the example `web_app` into facts: by day and night, large and small, and with text that means harm.

import assert from 'node:assert/strict';
import { join } from 'node:path';

const HOSTILE = '<script>alert(1)</script> & "quotes"';
const LOOKS = [1200, 400].flatMap((width) => [false, true].map((dark) => ({ width, dark })));

const text = (page, selector) => page.$eval(selector, (element) => element.textContent);
const rows = (page) => page.$$eval('table tr:has(td)', (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));

async function order(page, customer, work) {
    await page.type('[name=customer]', customer);
    await page.type('[name=work]', work);
    await Promise.all([page.waitForNavigation(), page.click('button')]);
}

export default async function ({ serve, fact, open, run, folder }) {
    const file = join(folder, 'orders.sqlite');
    const origin = await serve('--db', file);
    const query = 'import json, sqlite3, sys; print(json.dumps(sqlite3.connect(sys.argv[1]).execute("SELECT * FROM orders").fetchall()))';
    const stored = async () => JSON.parse(await run('python3', '-c', query, file));

    await fact('an empty book says so', async () => {
        const page = await open(`${origin}/`, { width: 400 });
        assert.match(await text(page, '.note'), /No orders yet/);
        await page.picture('empty');
    });
    await fact('an order is on the page and in the database', async () => {
        const page = await open(`${origin}/`);
        await order(page, 'Ada', 'Two wheels of a gig, twelve spokes each');
        assert.equal(page.url(), `${origin}/`);
        const expected = ['1', 'Ada', 'Two wheels of a gig, twelve spokes each'];
        assert.deepEqual(await rows(page), [expected]);
        assert.deepEqual(await stored(), [[1, ...expected.slice(1)]]);
    });
}
