import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiFaultRequest, CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { shortPauses } from '../support';
import { messageTo, session } from './operations';
import { closeSandboxes, credentialFor, jsonOf, run, sandboxFor } from './support';

jest.setTimeout(20_000);

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	sandbox = await sandboxFor(options);
	credential = credentialFor(sandbox);
}

beforeEach(shortPauses);
afterEach(async () => {
	jest.restoreAllMocks();
	await closeSandboxes();
});

const keepGoing = { onError: 'continueRegularOutput' } as const;

const profile = async (operation: string, parameters: IDataObject, more: Parameters<typeof run>[3] = {}) =>
	await run('cognigyConversation', credential, { resource: 'contactProfile', operation, ...parameters }, more);
const create = async (parameters: IDataObject, more: Parameters<typeof run>[3] = {}) =>
	await profile('create', parameters, more);
const update = async (parameters: IDataObject, more: Parameters<typeof run>[3] = {}) =>
	await profile('update', parameters, more);
const calls = (operation: 'createProfile' | 'updateProfile' | 'deleteProfile') => sandbox.stats().calls[operation];
const json = (content: object) => ({ specifyProfile: 'json', profile: JSON.stringify(content) });
const on = (operation: CognigyAiFaultRequest['operation'], fault: IDataObject) => {
	sandbox.faults.inject({ operation, ...fault } as unknown as CognigyAiFaultRequest);
};
/** The body that was sent last. */
const sentBody = (operation: string) => sandbox.requests.findLast((request) => request.operation === operation)?.body;

const ada = { contactIds: ['ada', '+44 1'], profile: { firstname: 'Ada', age: 36 } };
const idOfAda = () => sandbox.profiles.find(({ contactIds }) => contactIds.includes('ada'))?._id ?? '';

describe('Create', () => {
	it('makes a profile, and puts out what Get does (docs/guarantees.md#outputs)', async () => {
		await begin();
		const profileFields = { firstname: 'Ada', age: '36', accepted_gdpr: 'true', email: '={{ $json.missing }}' };
		const made = jsonOf(await create({ contactIds: 'ada, +44 1,', profileFields }));
		expect(made).toEqual({
			found: true,
			profileId: expect.stringMatching(/^[0-9a-f]{24}$/),
			contactIds: ['ada', '+44 1'],
			active: true,
			profile: { firstname: 'Ada', lastname: '', age: 36, accepted_gdpr: true },
			botId: sandbox.projectId,
			audit: expect.objectContaining({ operation: 'createProfile', userId: 'ada', status: 'success' }),
		});
		const { audit: _, ...read } = jsonOf(await profile('get', { profileId: made['profileId'] }));
		expect({ ...read, audit: made['audit'] }).toEqual(made);
	});

	it('takes JSON, with numbers as numbers, and contacts as a list', async () => {
		await begin();
		const parameters = { contactIds: '={{ ["a,b", 7] }}', ...json({ age: 36, tags: ['x'] }), active: false };
		jsonOf(await create(parameters));
		expect(sandbox.profiles).toMatchObject([
			{ contactIds: ['a,b', '7'], active: false, profile: { age: 36, tags: ['x'] } },
		]);
	});

	it.each(['one', 'several'] as const)(
		'makes no second one of a contact, whether Cognigy would refuse it or not: %s',
		async (profilesOfContact) => {
			await begin({ profilesOfContact, profiles: [ada] });
			const { error } = await create({ contactIds: 'bob, +44 1' });
			expect(error).toMatchObject({
				message: `Contact "+44 1" has a profile already: ${idOfAda()}`,
				description: expect.stringContaining('Use Update with the Profile ID'),
			});
			expect(calls('createProfile')).toBe(0);
		},
	);

	it('makes only one for two items of a contact that run at the same time', async () => {
		await begin({ profilesOfContact: 'several', latencyMs: 20 });
		const items = [{ json: { ids: 'ada, bob' } }, { json: { ids: 'bob' } }, { json: { ids: 'carl' } }];
		const { output } = await create({ contactIds: '={{ $json.ids }}' }, { items, ...keepGoing });
		const errors = output.flatMap(({ json: { error } }) => error ?? []);
		expect(errors).toEqual([expect.stringContaining('Contact "bob" has a profile already')]);
		expect(sandbox.profiles).toHaveLength(2);
	});

	it.each([
		['it ran', { kind: 'dropAfter' }, 1],
		['it did not', { kind: 'htmlError', status: 502 }, 0],
	])('is not sent again where it may have run, and says how to find out: %s', async (_what, fault, made) => {
		await begin();
		on('createProfile', fault);
		const { error } = await create({ contactIds: 'ada' });
		expect(error?.message).toMatch(
			/^Creating the profile of contact "ada" .*The profile may have been created; it was not sent again$/,
		);
		expect(error?.description).toContain('Use Find by Contact');
		expect([calls('createProfile'), sandbox.profiles.length]).toEqual([1, made]);
		// n8n's Retry On Fail, say.
		const again = await create({ contactIds: 'ada' });
		expect(again.error === undefined).toBe(made === 0);
		expect(sandbox.profiles).toHaveLength(1);
	});

	it('tells of other items that may have run, in words that fit', async () => {
		await begin();
		on('createProfile', { kind: 'htmlError', status: 502, times: 2 });
		const items = [{ json: { id: 'ada' } }, { json: { id: 'bob' } }];
		const { error } = await create({ contactIds: '={{ $json.id }}' }, { items });
		expect(error?.description).toContain('Other items may have been carried out as well: item 1 (contact "bob").');
		expect(error?.description).not.toContain('flow');
	});

	it.each([
		['nothing', { kind: 'status', status: 201, body: '' }],
		['another ID', { kind: 'wrongShape', body: { _id: 'f'.repeat(24) } }],
	])('that is answered with %s and not there afterwards is told of', async (_what, fault) => {
		await begin();
		on('createProfile', fault);
		const { error } = await create({ contactIds: 'ada' });
		expect(error?.message).toContain('Cognigy took it, but there is no such profile');
		expect(calls('createProfile')).toBe(1);
	});

	it('reads what the answer does not show', async () => {
		await begin();
		on('createProfile', { kind: 'answer', body: 7 });
		const made = jsonOf(await create({ contactIds: 'ada', ...json({ firstname: 'Ada' }) }));
		expect(made).toMatchObject({ profileId: idOfAda(), contactIds: ['ada'], profile: { firstname: 'Ada' } });
		expect(made).not.toHaveProperty('warnings');
	});

	it('says that it was created when it cannot be read afterwards', async () => {
		await begin();
		on('createProfile', { kind: 'answer', body: 7 });
		on('listProfiles', { kind: 'status', status: 403, after: 1 });
		const { error } = await create({ contactIds: 'ada' });
		expect(error?.message).toMatch(/\(403\).*The profile was created before that$/);
	});

	it('warns of fields that Cognigy does not keep', async () => {
		await begin({ profileKeys: 'default' });
		const made = jsonOf(await create({ contactIds: 'ada', ...json({ firstname: 'Ada', shoe: 38, hat: 'blue' }) }));
		expect(made['warnings']).toEqual([
			'Cognigy did not keep these fields: shoe, hat. The profile schema of the project may not have them.',
		]);
	});

	it.each<[string, IDataObject, string]>([
		['no contact', { contactIds: '={{ $json.missing }}' }, 'Contact IDs is empty'],
		['a long contact', { contactIds: `ada,${'x'.repeat(257)}` }, 'Contact IDs must not be longer than 256 characters'],
		['a profile that is a list', { contactIds: 'ada', ...json([1]) }, 'Profile must be a JSON object, and is a list'],
		['an age in words', { contactIds: 'ada', profileFields: { age: 'old' } }, 'Age must be a number'],
		[
			'a profile that is too large',
			{ contactIds: 'ada', ...json({ text: 'x'.repeat(60_000) }) },
			'Contact IDs and Profile are too large',
		],
	])('refuses %s, and sends nothing', async (_what, parameters, message) => {
		await begin();
		const { error } = await create(parameters);
		expect(error).toMatchObject({ name: 'NodeOperationError', message: expect.stringContaining(message) });
		expect(sandbox.requests).toHaveLength(0);
	});
});

describe('Update', () => {
	it.each(['merge', 'replace'] as const)('changes fields, and the others stay: PATCH may %s', async (profilePatch) => {
		await begin({ profilePatch, profiles: [ada] });
		const updated = jsonOf(
			await update({ contactId: 'ada', profileFields: { lastname: 'Lovelace', age: '={{ 37 }}' } }),
		);
		expect(updated).toEqual({
			found: true,
			profileId: idOfAda(),
			contactIds: ['ada', '+44 1'],
			active: true,
			profile: { firstname: 'Ada', lastname: 'Lovelace', age: 37 },
			botId: sandbox.projectId,
			audit: expect.objectContaining({ operation: 'updateProfile', userId: 'ada', status: 'success' }),
		});
		expect(sandbox.profiles).toMatchObject([{ profile: updated['profile'] }]);
	});

	it('sends only what is to be changed', async () => {
		await begin({ profiles: [ada] });
		const updateFields = { active: false, contactIds: 'ada, countess' };
		const parameters = { updateBy: 'profileId', profileId: idOfAda(), ...json({ firstname: 'Ada' }), updateFields };
		expect(jsonOf(await update(parameters))).toMatchObject({ active: false, contactIds: ['ada', 'countess'] });
		expect(sentBody('updateProfile')).toEqual({ active: false, contactIds: ['ada', 'countess'] });
		jsonOf(await update({ ...parameters, updateFields: { active: '={{ $json.missing }}' } }));
		expect(calls('updateProfile')).toBe(1);
	});

	it('empties a field with null', async () => {
		await begin({ profiles: [ada] });
		const updated = jsonOf(await update({ contactId: 'ada', ...json({ age: null }) }));
		expect(updated['profile']).toEqual({ firstname: 'Ada', lastname: '', age: null });
		expect(updated).not.toHaveProperty('warnings');
	});

	it('loses nothing where items change the same profile at the same time', async () => {
		await begin({ profilePatch: 'replace', latencyMs: 20, profiles: [ada] });
		const items = ['a', 'b', 'c'].map((key) => ({ json: { key } }));
		const parameters = { contactId: 'ada', specifyProfile: 'json', profile: '={{ ({ [$json.key]: 1 }) }}' };
		expect((await update(parameters, { items })).error).toBeUndefined();
		expect(sandbox.profiles[0]?.profile).toMatchObject({ a: 1, b: 1, c: 1 });
	});

	it('is sent again after a passing fault (guarantee 2)', async () => {
		await begin({ profiles: [ada] });
		on('updateProfile', { kind: 'dropAfter' });
		expect(jsonOf(await update({ contactId: 'ada', ...json({ age: 37 }) }))).toMatchObject({ profile: { age: 37 } });
		expect(calls('updateProfile')).toBe(2);
	});

	it('fails when Cognigy takes it and changes nothing', async () => {
		await begin({ profiles: [ada] });
		on('updateProfile', { kind: 'status', status: 200, body: '' });
		const { error } = await update({
			contactId: 'ada',
			...json({ age: 37, shoe: 38 }),
			updateFields: { active: false },
		});
		expect(error?.message).toBe(
			`Updating profile "${idOfAda()}" failed: Cognigy took it, but did not change age, active`,
		);
	});

	const changed = (content: object) => ({
		kind: 'wrongShape',
		after: 1,
		body: { _id: idOfAda(), contactIds: ada.contactIds, active: true, profile: content },
	});

	it('fails when other fields are lost', async () => {
		await begin({ profiles: [ada] });
		on('readProfile', changed({ age: 37 }));
		const { error } = await update({ contactId: 'ada', ...json({ age: 37 }) });
		expect(error?.message).toMatch(/failed: Cognigy took it, but lost firstname, lastname$/);
	});

	it('warns of what is not as it was sent, or has changed as well', async () => {
		await begin({ profileKeys: 'default', profiles: [ada] });
		on('readProfile', changed({ firstname: 'Augusta', lastname: '', age: 38 }));
		const updated = jsonOf(await update({ contactId: 'ada', ...json({ age: 37, shoe: 38 }) }));
		expect(updated['warnings']).toEqual([
			'Cognigy did not keep these fields: shoe. The profile schema of the project may not have them.',
			'Cognigy keeps something else than was sent in: age.',
			'Fields that were to stay have changed at the same time, most likely by a flow: firstname.',
		]);
	});

	it('says that it was changed when it cannot be read afterwards', async () => {
		await begin({ profiles: [ada] });
		on('readProfile', { kind: 'status', status: 403, after: 1 });
		const { error } = await update({ contactId: 'ada', ...json({ age: 37 }) });
		expect(error?.message).toMatch(/\(403\).*Cognigy had taken the change before that$/);
	});

	it('gives a profile no contact that has another one', async () => {
		await begin({ profilesOfContact: 'several', profiles: [ada, { contactIds: ['bob'], profile: {} }] });
		const { error } = await update({ contactId: 'ada', updateFields: { contactIds: 'ada, bob' } });
		expect(error?.message).toMatch(/^Contact "bob" has a profile already/);
		expect(calls('updateProfile')).toBe(0);
	});

	it('gives a contact one profile where two items add it at the same time', async () => {
		await begin({
			...{ profilesOfContact: 'several', latencyMs: 20 },
			profiles: [ada, { contactIds: ['bob'], profile: {} }],
		});
		const items = ['ada', 'bob'].map((id) => ({ json: { id } }));
		const updateFields = { contactIds: '={{ $json.id + ", carl" }}' };
		const { output } = await update({ contactId: '={{ $json.id }}', updateFields }, { items, ...keepGoing });
		const errors = output.flatMap(({ json: { error } }) => error ?? []);
		expect(errors).toEqual([expect.stringContaining('Contact "carl" has a profile already')]);
		expect(sandbox.profiles.filter(({ contactIds }) => contactIds.includes('carl'))).toHaveLength(1);
	});

	it('and where Create makes one for it meanwhile', async () => {
		await begin({ profilesOfContact: 'several', latencyMs: 20, profiles: [ada] });
		const outcomes = await Promise.all([
			update({ updateBy: 'profileId', profileId: idOfAda(), updateFields: { contactIds: 'ada, carl' } }),
			create({ contactIds: 'carl' }),
		]);
		expect(outcomes.filter(({ error }) => error !== undefined)).toHaveLength(1);
		expect(sandbox.profiles.filter(({ contactIds }) => contactIds.includes('carl'))).toHaveLength(1);
	});

	it.each([
		['is not read again', { kind: 'status', status: 403 }],
		['was not made', { kind: 'wrongShape', body: { _id: 'x', contactIds: ['ada'], profile: ada.profile } }],
	])('does not hide behind the error of another item a change that %s', async (_what, fault) => {
		await begin({ profiles: [ada] });
		// The two before are the first of each item.
		on('readProfile', { ...fault, after: 2 });
		const items = [{ json: { id: 'f'.repeat(24) } }, { json: { id: idOfAda() } }];
		const parameters = { updateBy: 'profileId', profileId: '={{ $json.id }}', ...json({ age: 37 }) };
		const { error } = await update(parameters, { items });
		expect(error?.message).toContain('There is no profile "ffff');
		expect(error?.description).toContain('Other items may have been carried out as well: item 1');
	});

	it.each<[string, IDataObject, string]>([
		['no contact has it', { contactId: 'nobody' }, 'Contact "nobody" has no profile'],
		['nothing has the ID', { updateBy: 'profileId', profileId: 'f'.repeat(24) }, 'There is no profile "ffff'],
	])('fails where %s', async (_what, parameters, message) => {
		await begin();
		const { error } = await update({ ...parameters, ...json({ age: 37 }) });
		expect(error).toMatchObject({ name: 'NodeApiError', message: expect.stringContaining(message) });
	});

	it.each<[IDataObject, string]>([
		[{ contactId: 'ada' }, 'Profile is empty, and nothing else is to be changed'],
		[{ contactId: '={{ $json.missing }}', ...json({ age: 1 }) }, 'Contact ID is empty'],
		[{ contactId: 'ada', updateFields: { contactIds: ' , ' } }, 'Contact IDs is empty'],
	])('names what is missing, and sends nothing: %j', async (parameters, message) => {
		await begin();
		expect((await update(parameters)).error).toMatchObject({ name: 'NodeOperationError', message });
		expect(sandbox.requests).toHaveLength(0);
	});
});

describe('Delete', () => {
	const remove = async (parameters: IDataObject) => await profile('delete', parameters);

	it('deletes the profile, and with it what was said (docs/guarantees.md#outputs)', async () => {
		await begin();
		await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'rest'));
		const profileId = sandbox.profiles[0]?._id;
		expect(jsonOf(await remove({ profileId, contactId: session.userId }))).toEqual({
			deleted: true,
			profileId,
			contactIds: [session.userId],
			botId: sandbox.projectId,
			audit: expect.objectContaining({ operation: 'deleteProfile', userId: session.userId, status: 'success' }),
		});
		expect(sandbox.profiles).toEqual([]);
		expect(sandbox.session(session.sessionId)).toBeUndefined();
	});

	it.each(['ad', 'ADA', 'ada2', '+44 2'])('leaves the profile of another contact alone: %s', async (contactId) => {
		await begin({ profiles: [ada] });
		const { error } = await remove({ profileId: idOfAda(), contactId });
		expect(error?.message).toBe(`Profile "${idOfAda()}" is not that of contact "${contactId}", so it was not deleted`);
		expect(calls('deleteProfile')).toBe(0);
		expect(error?.message).not.toContain('"ada"');
	});

	it('is sent again after a passing fault, and gone is gone', async () => {
		await begin({ profiles: [ada] });
		const profileId = idOfAda();
		on('deleteProfile', { kind: 'dropAfter' });
		expect(jsonOf(await remove({ profileId, contactId: 'ada' }))).toMatchObject({ deleted: true });
		expect(calls('deleteProfile')).toBe(2);
	});

	it.each([
		['was lost', { kind: 'dropAfter', times: 9 }],
		['was a fault', { kind: 'htmlError', status: 502, times: 9 }],
		['came too late', { kind: 'latency', ms: 60_000, times: 9 }],
	])('that may have been made is told of: its answer %s', async (_what, fault) => {
		await begin({ profiles: [ada] });
		const profileId = idOfAda();
		on('deleteProfile', fault);
		const options = { retries: 0, timeoutSeconds: 1 };
		const { error } = await remove({ profileId, contactId: 'ada', options });
		expect(error?.message).toMatch(/\. The profile may have been deleted; Get shows whether it is there$/);
		expect(calls('deleteProfile')).toBe(1);
	});

	it('is told of also when a later try certainly did not run', async () => {
		await begin({ profiles: [ada] });
		const profileId = idOfAda();
		on('deleteProfile', { kind: 'dropAfter' });
		on('deleteProfile', { kind: 'status', status: 403 });
		const { error } = await remove({ profileId, contactId: 'ada' });
		expect(error?.message).toMatch(/\(403\).*The profile may have been deleted/);
	});

	it('that may have been made is not hidden behind the error of another item', async () => {
		await begin({ profiles: [ada] });
		const whose = idOfAda();
		on('deleteProfile', { kind: 'dropAfter', times: 9 });
		const items = [{ json: { id: 'f'.repeat(24) } }, { json: { id: whose } }];
		const parameters = { profileId: '={{ $json.id }}', contactId: 'ada', options: { retries: 0 } };
		const { error } = await profile('delete', parameters, { items });
		expect(error?.message).toContain('There is no profile "ffff');
		expect(error?.description).toContain('Other items may have been carried out as well: item 1 (contact "ada").');
	});

	it('fails where there is none, or comes out as not deleted', async () => {
		await begin();
		const parameters = { profileId: 'f'.repeat(24), contactId: 'ada' };
		expect((await remove(parameters)).error).toMatchObject({ name: 'NodeApiError' });
		expect(jsonOf(await remove({ ...parameters, onNotFound: 'output' }))).toMatchObject({ deleted: false });
	});

	it.each<[IDataObject, string]>([
		[{ profileId: 'f', contactId: '={{ $json.missing }}' }, 'Contact ID is empty'],
		[{ profileId: '={{ " " }}', contactId: 'ada' }, 'Profile ID is empty'],
	])('names what is missing, and sends nothing: %j', async (parameters, message) => {
		await begin();
		expect((await remove(parameters)).error).toMatchObject({ name: 'NodeOperationError', message });
		expect(sandbox.requests).toHaveLength(0);
	});
});

it.each([
	['viewer', 'create', { contactIds: 'bob' }],
	['viewer', 'update', { contactId: 'ada', ...json({ age: 1 }) }],
	['editor', 'delete', { contactId: 'ada' }],
])('a role that is missing is told of: %s, %s', async (role, operation, parameters) => {
	await begin({ profiles: [ada] });
	const apiKey = sandbox.apiKeys.find(({ name }) => name === role)?.key ?? '';
	credential = credentialFor(sandbox, { apiKey });
	const { output } = await profile(operation, { profileId: idOfAda(), ...parameters }, keepGoing);
	expect(output[0]?.json).toMatchObject({
		errorCategory: 'permission',
		error: expect.stringContaining('contact_profile_'),
	});
	expect(output[0]?.json['error']).not.toContain('may have');
});
