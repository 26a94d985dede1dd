// Turns the pages of the example `web_app` into facts: by day and night, on a desk and on a phone, and with text that means harm.

import assert from 'node:assert/strict';
import { join } from 'node:path';

const HOSTILE = `<script>alert(1)</script> & "quotes" '); DROP TABLE orders; --`;
const WORK = 'Two wheels of a gig, twelve spokes each';
const LOOKS = [1200, 400].flatMap((width) => [false, true].map((dark) => ({ width, dark })));
const QUERY = 'import json, sqlite3, sys; print(json.dumps(sqlite3.connect(sys.argv[1]).execute("SELECT * FROM orders").fetchall()))';

const text = (page, selector) => page.$eval(selector, (element) => element.textContent);
const cells = (page) => page.$$eval('tbody tr', (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));

async function order(page, customer, work) {
    await page.type('[name=customer]', customer);
    await page.type('[name=work]', work);
    await Promise.all([page.waitForNavigation(), page.click('button')]);
}

export default async function ({ serve, fact, open, run, folder }) {
    const file = join(folder, 'orders.sqlite');
    const origin = await serve('--db', file);
    const stored = async () => JSON.parse(await run('python3', '-c', QUERY, file));

    await fact('a book without orders says so', async () => {
        const page = await open(`${origin}/`, { width: 400 });
        assert.match(await text(page, 'main'), /No orders yet/);
        await page.picture('empty');
    });

    await fact('an order is on the page and in the file, and loading the page anew orders nothing again', async () => {
        const page = await open(`${origin}/`);
        await order(page, 'Ada', WORK);
        assert.equal(page.url(), `${origin}/`);
        assert.deepEqual(await cells(page), [['1', 'Ada', WORK]]);
        await page.reload();
        assert.deepEqual(await cells(page), [['1', 'Ada', WORK]]);
        assert.deepEqual(await stored(), [[1, 'Ada', WORK]]);
    });

    await fact('text that looks like markup or SQL is text', async () => {
        const page = await open(`${origin}/`, { width: 400 });
        let alerts = 0;
        page.on('dialog', (dialog) => { alerts += 1; return dialog.dismiss(); });
        await order(page, HOSTILE, HOSTILE);
        assert.deepEqual((await cells(page))[0], ['2', HOSTILE, HOSTILE]);
        assert.deepEqual(await stored(), [[1, 'Ada', WORK], [2, HOSTILE, HOSTILE]]);
        assert.equal(await page.$('script'), null);
        assert.equal(alerts, 0);
    });

    await fact('a form that is not filled in is not sent', async () => {
        const page = await open(`${origin}/`);
        await page.click('button');
        assert.equal(await page.$eval(':focus', (element) => element.name), 'customer');
        assert.equal((await stored()).length, 2);
    });

    await fact('five suppliers are asked before the first has answered, or one after another', async () => {
        const page = await open(`${origin}/suppliers`);
        const names = (await cells(page)).map(([name]) => name);
        assert.deepEqual(names, ['Ash & Sons', 'Elm Yard', 'Hickory Brothers', 'Oakfield Mill', 'Beech & Daughter']);
        assert((await cells(page)).every(([, price]) => /^\d+ €$/.test(price)));
        const waits = async () => (await cells(page)).map(([, , wait]) => wait.match(/\d+/g).map(Number));
        const together = await waits();
        const firstAnswer = Math.min(...together.map(([, answered]) => answered));
        assert(together.every(([asked]) => asked < firstAnswer), `${together}`);
        await Promise.all([page.waitForNavigation(), page.click('a[href$=in-a-row]')]);
        const inARow = await waits();
        assert(inARow.every(([asked], n) => n === 0 || inARow[n - 1][1] <= asked), `${inARow}`);
        await page.picture('suppliers-in-a-row');
    });

    await fact('other pages come while reports are made', async () => {
        const page = await open(`${origin}/report`);
        assert.match(await text(page, 'main'), /Orders in the book: 2/);
        let made = 0;
        const reports = Array.from({ length: 20 }, () => fetch(`${origin}/report`).then((report) => { made += report.ok; }));
        assert((await fetch(`${origin}/`)).ok);
        assert(made < 20, 'the page came last');
        await Promise.all(reports);
        assert.equal(made, 20);
    });

    await fact('every page is legible by day and night, on a desk and on a phone', async () => {
        const papers = new Set();
        for (const look of LOOKS) {
            for (const [name, path] of [['orders', '/'], ['suppliers', '/suppliers'], ['report', '/report']]) {
                const page = await open(origin + path, look);
                await page.picture(name);
                const faint = await page.evaluate(contrasts);
                assert.deepEqual(faint, [], `too little contrast on ${name}`);
                papers.add(await page.$eval('body', (body) => getComputedStyle(body).backgroundColor));
            }
        }
        assert.equal(papers.size, 2);
    });

    await fact('a page that is not there says so, and how to go on', async () => {
        const response = await fetch(`${origin}/attic`);
        assert.equal(response.status, 404);
        assert.match(await response.text(), /href="\/"/);
    });
}

// Runs in the page: texts whose contrast to what is behind them is below 4.5 (WCAG 2.2, 1.4.3).
function contrasts() {
    const channels = (color) => color.match(/[\d.]+/g).map(Number);
    const luminance = (color) => {
        const [red, green, blue] = channels(color).map((channel) => {
            const value = channel / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
        const color = getComputedStyle(element).backgroundColor;
        return channels(color)[3] === 0 ? behind(element.parentElement) : color;
    };
    const faint = [];
    for (const element of document.querySelectorAll('body *')) {
        if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
        const [dark, light] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((a, b) => a - b);
        const ratio = (light + 0.05) / (dark + 0.05);
        if (ratio < 4.5) faint.push(`${element.textContent.trim()}: ${ratio.toFixed(1)}`);
    }
    return faint;
}
