// Turns the page of a recorded run into facts: opened from a file, clicked, stepped by keys, embedded, and with 100,000 slices.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';

const LOOKS = [1200, 400].flatMap((width) => [false, true].map((dark) => ({ width, dark })));
// What is promised of a page with 100,000 slices, and how often it may take that here: on a machine that does other things, too.
const SLICES = 100_000;
const PROMISED = { bytes: 1_500_000, opens: 1_000, frame: 16 };
const PATIENCE = 10;

const text = (page, selector) => page.$eval(selector, (element) => element.textContent);
const isReady = (page) => page.waitForSelector('html[data-ready=yes]');
const cursor = (page) => page.evaluate(() => globalThis.viewer.cursor);

/// A number of seven bits a byte, as the page's columns have it.
function varint(bytes, number) {
    while (number >= 128) {
        bytes.push((number % 128) + 128);
        number = Math.floor(number / 128);
    }
    bytes.push(number);
}

/// The page of a run in which 50 tasks are polled by turns, 500 times each: by its own slice of the thread, and running, parked, ready.
function large(page) {
    const [TASKS, LAPS] = [50, SLICES / 4 / 50];
    const [lapStart, lapEnd, pollStart, pollEnd, wake, spawn] = [0, 1, 3, 4, 5, 7];
    const events = [];
    const add = (kind, task = 0, a = 0, b = 0, passed = 0) => events.push({ kind, flags: 0, place: 0, task, a, b, passed });
    for (let task = 1; task <= TASKS; task++) add(spawn, task, 0, task + 2 * 2 ** 32);
    for (let lap = 0; lap < LAPS; lap++) {
        add(lapStart, 0, 1, TASKS);
        for (let task = 1; task <= TASKS; task++) {
            add(pollStart, task, 0, 0, 100);
            add(pollEnd, task, 0, 0, 900 + ((task * lap) % 700));
        }
        add(lapEnd);
        for (let task = 1; task <= TASKS; task++) add(wake, task, 0, 0, 10);
    }
    const bytes = [];
    for (const column of ['kind', 'flags', 'place', 'task', 'a', 'b', 'passed']) events.forEach((event) => varint(bytes, event[column]));
    const head = { version: 1, paused: false, dropped: 0, count: events.length, marks: [], names: {}, waits: ['something'], places: [null] };
    head.base = { lap: 0, running: null, ready: [], batch: [], tasks: [], timers: [], sources: [], jobs: [], parked: false };
    const put = (page, id, text) => page.replace(new RegExp(`(<script type="[^"]*" id="${id}">)[^<]*`), (_, tag) => tag + text);
    return put(put(page, 'head', JSON.stringify(head)), 'events', deflateRawSync(Buffer.from(bytes)).toString('base64'));
}

export default async function ({ draw, fact, open, folder }) {
    const url = await draw();

    for (const look of LOOKS) {
        await fact(`the page opens from a file and fits, ${look.width} wide, ${look.dark ? 'dark' : 'light'}`, async () => {
            const page = await open(url, look);
            await isReady(page);
            assert.equal(await text(page, 'h1'), 'gather');
            assert.match(await text(page, '.summary'), /tasks and \d+ polls/);
            await page.picture('whole');
        });
    }

    await fact('a click on the thread shows what happened there, and the address names it', async () => {
        const page = await open(url);
        await isReady(page);
        const box = await (await page.$('#canvas')).boundingBox();
        await page.mouse.click(box.x + box.width * 0.6, box.y + 40);
        assert.notEqual(await cursor(page), 0);
        assert.match(await text(page, '#sentence'), /\w.*\.$/);
        assert.equal(new URL(page.url()).hash, `#e=${await cursor(page)}`);
    });

    await fact('every event is reached by the keyboard alone, with the state after it', async () => {
        const page = await open(url);
        await isReady(page);
        await page.focus('#step summary');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Home');
        const count = await page.evaluate(() => globalThis.viewer.trace.count);
        const steps = Math.min(count - 1, 60);
        const sentences = new Set();
        for (let at = 1; at <= steps; at++) {
            await page.keyboard.press('ArrowRight');
            assert.equal(await cursor(page), at);
            assert.equal(await text(page, '#state h3'), `Event ${at + 1} of ${count}`);
            sentences.add(await text(page, '#sentence'));
        }
        assert(steps / 4 < sentences.size, `${sentences.size} sentences in ${steps} steps`);
        await page.keyboard.press('ArrowLeft');
        assert.equal(await cursor(page), steps - 1);
        await page.keyboard.press('End');
        assert.equal(await cursor(page), count - 1);
        await page.keyboard.press(',');
        assert.match(await text(page, '#sentence'), /is polled\.$/);
        await page.keyboard.press('[');
        assert.match(await text(page, '#sentence'), /^Lap \d+ begins/);
    });

    await fact('a deep link opens the page at its event', async () => {
        const page = await open(`${url}#e=12`);
        await isReady(page);
        assert.equal(await cursor(page), 12);
        assert.match(await text(page, '#state h3'), /^Event 13 of /);
    });

    await fact('an embedded page is the timeline without its head', async () => {
        const page = await open(`${url}?embed=1#e=3`, { width: 400 });
        await isReady(page);
        const isSeen = (selector) => page.$eval(selector, (element) => element.checkVisibility());
        assert.deepEqual([await isSeen('header'), await isSeen('.help'), await isSeen('#canvas')], [false, false, true]);
        await page.picture('embedded');
    });

    await fact('without scripts there is a table of the tasks, and a picture', async () => {
        const page = await open('about:blank');
        await page.setJavaScriptEnabled(false);
        const source = await readFile(new URL(url), 'utf8');
        await page.setContent(source);
        assert.notEqual((await page.$$('#table tr')).length, 0);
        assert.notEqual(await page.$('svg'), null);
    });

    await fact(`a page of ${SLICES} slices is small, opens and draws`, async () => {
        const source = large(await readFile(new URL(url), 'utf8'));
        await writeFile(`${folder}/large.html`, source);
        const begun = performance.now();
        const page = await open(new URL('large.html', url).href);
        await isReady(page);
        const opens = performance.now() - begun;
        const slices = await page.evaluate(() => {
            const { thread, tasks } = globalThis.viewer.lanes;
            return [thread, ...tasks].reduce((sum, lane) => sum + lane.starts.length, 0);
        });
        assert(SLICES <= slices, `${slices} slices`);
        const frames = [];
        for (const key of ['0', '+', '+', 'd', 'd', '-', '-', 'ArrowRight', '0']) {
            await page.keyboard.press(key);
            await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
            frames.push(Number(await page.$eval('#canvas', (canvas) => canvas.dataset.drawnIn)));
        }
        const frame = Math.max(...frames);
        console.log(`${slices} slices: ${source.length} bytes, open in ${opens.toFixed(0)} ms, the slowest frame of ${frames.length} took ${frame} ms`);
        assert(source.length <= PROMISED.bytes, `${source.length} bytes`);
        assert(opens < PATIENCE * PROMISED.opens, `open in ${opens} ms`);
        assert(frame < PATIENCE * PROMISED.frame, `a frame took ${frame} ms`);
    });
}
