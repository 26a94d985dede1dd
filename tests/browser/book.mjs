// Turns the pages of the book into facts: each opened from its file and served, wide and narrow, its runs stepped by keys.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';

const PAGES = new URL('../../book/book/', import.meta.url);
const LOOKS = [
    { width: 1200, dark: false },
    { width: 400, dark: true },
];
// Pages of mdBook's own: an error, a second copy of the first page, all chapters at once, and the contents.
const OTHERS = ['404.html', 'index.html', 'print.html', 'toc.html'];

export default async function ({ serve, fact, open }) {
    const origin = await serve('--port', '0');
    const files = (await readdir(PAGES)).filter((file) => file.endsWith('.html') && !OTHERS.includes(file));
    const fromFile = (file, look) => open(new URL(file, PAGES).href, { ...look, below: PAGES });
    const withRuns = [];

    for (const file of files) {
        for (const look of LOOKS) {
            await fact(`${file} opens from its file and fits, ${look.width} wide, ${look.dark ? 'dark' : 'light'}`, async () => {
                const page = await fromFile(file, look);
                assert.match(await page.$eval('main h1', (title) => title.textContent), /\w/);
                const [needed, there] = await page.$eval('.content', (text) => [text.scrollWidth, text.clientWidth]);
                assert(needed <= there, `the text is ${needed} pixels wide, and there are ${there}`);
                await page.picture(file.replace('.html', ''));
            });
        }
        await fact(`${file} is served, asks for nothing outside, and hides its answers until somebody asks`, async () => {
            const page = await open(`${origin}/${file}`);
            if ((await page.$('figure.trace')) !== null) withRuns.push(file);
            for (const answer of await page.$$('main details')) {
                assert.equal(await answer.evaluate((details) => details.open), false);
                await (await answer.$('summary')).click();
                assert.equal(await answer.evaluate((details) => details.open), true);
            }
        });
    }
    for (const file of withRuns) {
        for (const [place, opened] of [
            ['from its file', () => fromFile(file)],
            ['served', () => open(`${origin}/${file}`)],
        ]) {
            await fact(`the runs of ${file} step, ${place}`, async () => {
                const page = await opened();
                for (const frame of await page.$$('figure.trace iframe')) await stepped(frame);
            });
        }
    }
    await fact('without a script there is a still picture of each run', async () => {
        assert.notEqual(withRuns.length, 0);
        for (const file of withRuns) {
            const page = await open('about:blank', { below: PAGES });
            await page.setJavaScriptEnabled(false);
            await page.goto(new URL(file, PAGES).href);
            const heights = await page.$$eval('figure.trace', (figures) => figures.map((figure) => figure.querySelector('img')?.offsetHeight));
            assert(heights.every((height) => height > 50), `${file}: the pictures are ${heights} pixels high`);
        }
    });
}

/// Goes through the run in a frame from the first event to the last, by the keys of the keyboard.
async function stepped(handle) {
    await handle.evaluate((frame) => frame.scrollIntoView()); // it loads when it comes into sight
    const frame = await handle.contentFrame();
    await frame.waitForSelector('html[data-ready=yes]');
    const state = () => frame.evaluate(() => [globalThis.viewer.cursor, globalThis.viewer.trace.count]);
    const keys = await frame.$('#step summary');
    if (!(await frame.$eval('#step', (details) => details.open))) await keys.press('Enter');
    await keys.press('Home');
    const [, count] = await state();
    assert(10 < count, `${count} events`);
    for (let event = 1; event < count; event++) {
        await keys.press('ArrowRight');
        assert.deepEqual(await state(), [event, count]);
        assert.match(await frame.$eval('#sentence', (sentence) => sentence.textContent), /\.$/);
    }
}
