import { cognigyErrorOf } from '../../../support/errors';
import { inject } from '../../../support/sandboxFaults';
import { callOptions, v1Setup, versionsInput } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);

/** Asks a service that has these versions. */
async function ask(versions: unknown[], input: Partial<typeof versionsInput> = {}) {
	const { sandbox, client } = await v1Setup();
	inject(sandbox, 'versions', { kind: 'wrongShape', body: { versions } });
	return await client.validateVersion({ ...versionsInput, ...input }, callOptions);
}

const published = { id: 'v1', state: 'published', name: 'production' };

describe('an environment', () => {
	it('is valid when a version is published for it', async () => {
		const { client } = await v1Setup();

		expect(await client.validateVersion(versionsInput, callOptions)).toEqual({
			valid: true,
			botId: 'order-status',
			flowId: 'main',
			targetEnvironment: 'production',
			version: { id: 'order-status-3', state: 'published', name: 'production' },
			available: [
				{ id: 'order-status-3', state: 'published', name: 'production' },
				{ id: 'order-status-4', state: 'draft', name: 'staging' },
				{ id: 'order-status-1', state: 'archived', name: 'old' },
			],
			audit: expect.anything() as unknown,
		});
	});

	it.each([
		['whose version is a draft', [{ ...published, state: 'draft' }]],
		['whose version is archived', [{ ...published, state: 'archived' }]],
		['whose version is in a state that we do not know', [{ ...published, state: 'PUBLISHED' }]],
		['for which another name is published', [{ ...published, name: 'staging' }]],
		['whose name is written otherwise', [{ ...published, name: 'Production' }]],
		[
			'whose name and state are right, but of two versions',
			[
				{ ...published, name: 'staging' },
				{ ...published, state: 'draft' },
			],
		],
		['of a bot without versions', []],
	])('%s is not valid', async (_, versions) => {
		expect(await ask(versions)).toMatchObject({ valid: false, version: null, available: versions });
	});

	it('is valid when the right version is anywhere in the list', async () => {
		const list = [{ ...published, state: 'draft' }, { ...published, name: 'staging' }, published];
		expect(await ask(list)).toMatchObject({ valid: true, version: published });
	});

	it('gets the first of several versions that are published for it', async () => {
		const list = [
			{ ...published, id: 'first' },
			{ ...published, id: 'second' },
		];
		expect(await ask(list)).toMatchObject({ version: { id: 'first' } });
	});

	it('may have any name', async () => {
		const name = 'Prüfung 2 / "ü" ✓';
		expect(await ask([{ ...published, name }], { targetEnvironment: name })).toMatchObject({ valid: true });
	});
});

describe('the answer', () => {
	it('may have fields that we do not know: they are ignored', async () => {
		const result = await ask([{ ...published, createdBy: 'somebody', nested: { a: 1 } }]);

		expect(result).toMatchObject({ valid: true });
		expect(result.version).toEqual(published);
		expect(result.available).toEqual([published]);
	});

	it('may have numbers as ids: they come out as text', async () => {
		expect((await ask([{ ...published, id: 42 }])).version).toEqual({ ...published, id: '42' });
	});

	it.each<[string, unknown, string]>([
		['an object without a list', {}, 'versions'],
		['a list without an object around it', [published], ''],
		['something else in the place of the list', { versions: 'none' }, 'versions'],
		['a version that is none', { versions: [published, null] }, 'versions[1]'],
		['a version without a state', { versions: [{ id: 'v1', name: 'production' }] }, 'versions[0].state'],
		['a version whose name is a number', { versions: [{ ...published, name: 1 }] }, 'versions[0].name'],
		['a version whose id is an object', { versions: [{ ...published, id: {} }] }, 'versions[0].id'],
		['a version whose id is null', { versions: [{ ...published, id: null }] }, 'versions[0].id'],
	])('that is %s is refused, naming the field', async (_, body, field) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { kind: 'wrongShape', body });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category: 'protocol', httpStatus: 200 });
		expect(error.message).toContain(field ? `its field ${field} ` : 'not a JSON object');
	});
});

describe('an environment that is not valid', () => {
	const input = { ...versionsInput, targetEnvironment: 'staging', failIfNotPublished: true };

	it('is an error when that is asked for, which says what there is', async () => {
		const { client } = await v1Setup();

		const error = await cognigyErrorOf(client.validateVersion(input, callOptions));

		expect(error.category).toBe('notPublished');
		expect(error.message).toMatch(/"order-status".*"staging"/);
		expect(error.message).toContain('production (published), staging (draft), old (archived)');
		expect(error.audit).toMatchObject({ status: 'error', attempts: 1, httpStatus: 200 });
	});

	it('is an error when the bot has no versions, which says so', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { kind: 'wrongShape', body: { versions: [] } });

		expect((await cognigyErrorOf(client.validateVersion(input, callOptions))).message).toMatch(/found: none/);
	});

	it('is no error otherwise', async () => {
		const { client } = await v1Setup();
		for (const failIfNotPublished of [false, undefined]) {
			const result = await client.validateVersion({ ...input, failIfNotPublished }, callOptions);
			expect(result).toMatchObject({ valid: false, audit: { status: 'success' } });
		}
	});
});

it('a bot that does not exist is not found', async () => {
	const { client } = await v1Setup();

	const error = await cognigyErrorOf(client.validateVersion({ ...versionsInput, botId: 'no-such' }, callOptions));

	expect(error).toMatchObject({ category: 'notFound', httpStatus: 404 });
	expect(error.message).toContain('"no-such"');
});

it('the request is as the contract says', async () => {
	const { client, transport, sandbox } = await v1Setup();
	await client.validateVersion(versionsInput, callOptions);

	const request = transport.requests.at(-1);
	expect(request).toMatchObject({
		method: 'GET',
		url: `${sandbox.url}/api/v1/bots/order-status/versions`,
		headers: { Accept: 'application/json', Authorization: expect.stringMatching(/^Bearer \S+$/) as string },
	});
	expect(request?.body).toBeUndefined();
});
