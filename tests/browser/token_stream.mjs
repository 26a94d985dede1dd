// Turns the page of the example `token_stream` into facts: what stands on it while its answer is made, and what when it is stopped.

import assert from 'node:assert/strict';

const TOKENS = 40;
const LOOKS = [1200, 400].flatMap((width) => [false, true].map((dark) => ({ width, dark })));

// The answer's newest entry in the server's own record.
async function made(origin, prompt) {
    const answers = await (await fetch(`${origin}/made`)).json();
    return answers.findLast((answer) => answer.prompt === encodeURIComponent(prompt));
}

async function ask(page, prompt) {
    await page.$eval('#prompt', (field, text) => (field.value = text), prompt);
    await page.click('button[type=submit]');
}

const shown = (page) => page.$$eval('#answer span', (tokens) => tokens.map((token) => Number(token.dataset.number)));
const until = (page, count) => page.waitForFunction((count) => count <= document.querySelectorAll('#answer span').length, {}, count);
const says = (page, text) => page.waitForFunction((text) => document.querySelector('#state').textContent === text, {}, text);
const upTo = (count) => Array.from({ length: count }, (_, at) => at + 1);

export default async function ({ serve, fact, open }) {
    const origin = await serve();

    for (const look of LOOKS) {
        await fact(`tokens stand on a page of ${look.width} pixels, ${look.dark ? 'dark' : 'light'}, while more are made`, async () => {
            const page = await open(`${origin}/`, look);
            await page.picture('before');
            const prompt = `What turns the wheel? ${look.width} & ${look.dark}`;
            await ask(page, prompt);
            await until(page, 1);
            const then = await made(origin, prompt);
            assert(then.tokens < TOKENS && then.ended === null, `the server was at ${then.tokens}, ${then.ended}`);
            await until(page, 12);
            await page.picture('coming');
            await says(page, 'That is all:');
            assert.deepEqual(await shown(page), upTo(TOKENS));
            assert.match(await page.$eval('#figures', (figures) => figures.textContent), /^40 tokens, the first after \d+ ms, the last/);
            await page.picture('whole');
            const text = await (await fetch(await page.$eval('#text', (link) => link.href))).text();
            assert.equal(await page.$eval('#answer', (answer) => answer.textContent), text);
            assert(await page.evaluate(() => source.readyState === EventSource.CLOSED), 'the page would come back for more');
        });
    }
    await fact('who stops has what came, and no more is made', async () => {
        const page = await open(`${origin}/`, { width: 400 });
        await ask(page, 'stop');
        await until(page, 5);
        await page.click('#stop');
        const had = await shown(page);
        while ((await made(origin, 'stop')).ended === null);
        const { tokens, ended } = await made(origin, 'stop');
        assert.equal(ended, 'its reader left');
        assert(had.length <= tokens && tokens < TOKENS, `${tokens} were made`);
        assert.deepEqual(await shown(page), had);
        assert.equal(await page.$eval('#state', (state) => state.textContent), 'Stopped:');
        await page.picture('stopped');
        await ask(page, 'again');
        await says(page, 'That is all:');
        assert.deepEqual(await shown(page), upTo(TOKENS), 'the next answer begins anew');
    });
    await fact('two pages have their answers side by side', async () => {
        const pages = [await open(`${origin}/`), await open(`${origin}/`)];
        await Promise.all(pages.map((page, at) => ask(page, `side ${at}`)));
        await Promise.all(pages.map((page) => until(page, 1)));
        const then = await Promise.all(pages.map((_, at) => made(origin, `side ${at}`)));
        assert.deepEqual(then.map(({ ended }) => ended), [null, null]);
        await Promise.all(pages.map((page) => says(page, 'That is all:')));
        for (const page of pages) assert.deepEqual(await shown(page), upTo(TOKENS));
    });
}
