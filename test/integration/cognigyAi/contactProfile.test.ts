import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox, CognigyAiSandboxOptions } from '../../../sandbox';
import { messageTo } from './operations';
import { closeSandboxes, credentialFor, jsonOf, run, sandboxFor } from './support';

jest.setTimeout(20_000);

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

async function begin(options: CognigyAiSandboxOptions = {}): Promise<void> {
	sandbox = await sandboxFor(options);
	credential = credentialFor(sandbox);
}

afterEach(closeSandboxes);

const profile = async (parameters: IDataObject, more: Parameters<typeof run>[3] = {}) =>
	await run('cognigyConversation', credential, { resource: 'contactProfile', ...parameters }, more);
const find = async (contactId: string, more: IDataObject = {}) =>
	await profile({ operation: 'findByContact', contactId, ...more });
const lists = () => sandbox.stats().calls.listProfiles;

const ada = { contactIds: ['ada', '+44 1'], profile: { firstname: 'Ada' } };

it('is found by the exact contact, and read by its ID: exactly the promised fields (docs/guarantees.md#outputs)', async () => {
	await begin({ profiles: [{ contactIds: ['ada-2'], profile: {} }, ada] });
	const found = jsonOf(await find('ada'));
	expect(found).toEqual({
		found: true,
		profileId: expect.stringMatching(/^[0-9a-f]{24}$/),
		contactIds: ['ada', '+44 1'],
		active: true,
		profile: { firstname: 'Ada', lastname: '' },
		botId: sandbox.projectId,
		audit: expect.objectContaining({ operation: 'getProfile', userId: 'ada', status: 'success' }),
	});
	const { audit: _, ...read } = jsonOf(await profile({ operation: 'get', profileId: found['profileId'] }));
	expect({ ...read, audit: found['audit'] }).toEqual(found);
});

it('is that of whoever has said something', async () => {
	await begin();
	await run('cognigyTriggerFlow', credential, messageTo(sandbox, 'rest'));
	expect(jsonOf(await find('user-1'))).toMatchObject({ found: true, contactIds: ['user-1'] });
});

it.each(['part', 'pattern'] as const)(
	'is found by a phone number, whatever the filter means: %s',
	async (profileFilter) => {
		await begin({ profileFilter, profiles: [ada] });
		expect(jsonOf(await find('+44 1'))).toMatchObject({ found: true, profile: { firstname: 'Ada' } });
		expect(lists()).toBe(profileFilter === 'part' ? 1 : 2);
	},
);

it('is looked for on all pages, whatever their length', async () => {
	const others = Array.from({ length: 60 }, (_, index) => ({ contactIds: [`ada-${index}`], profile: {} }));
	await begin({ maxPageSize: 25, profiles: [...others, ada] });
	expect(jsonOf(await find('ada'))).toMatchObject({ found: true });
	expect(lists()).toBe(3);
});

it.each<[string, IDataObject, string]>([
	['of a contact', { operation: 'findByContact', contactId: 'nobody' }, 'Contact "nobody" has no profile'],
	['by its ID', { operation: 'get', profileId: 'f'.repeat(24) }, `There is no profile "${'f'.repeat(24)}"`],
])('fails where there is none, or comes out empty: %s', async (_what, parameters, message) => {
	await begin();
	const { error } = await profile(parameters);
	expect(error).toMatchObject({ name: 'NodeApiError', message });
	expect(jsonOf(await profile({ ...parameters, onNotFound: 'output' }))).toMatchObject({
		found: false,
		profileId: '',
		contactIds: [],
		profile: {},
	});
});

it('does not choose between several', async () => {
	await begin({ profiles: [ada, { contactIds: ['ada'], profile: {} }] });
	const { error } = await find('ada');
	expect(error?.message).toMatch(/^Contact "ada" has 2 profiles: [0-9a-f]{24}, [0-9a-f]{24}$/);
});

it.each<[IDataObject, string]>([
	[{ operation: 'findByContact', contactId: '={{ $json.missing }}' }, 'Contact ID is empty'],
	[{ operation: 'get', profileId: '={{ " " }}' }, 'Profile ID is empty'],
])('names what is missing, and sends nothing: %j', async (parameters, message) => {
	await begin();
	expect((await profile(parameters)).error).toMatchObject({ name: 'NodeOperationError', message });
	expect(sandbox.requests).toHaveLength(0);
});

it('says which role is missing', async () => {
	await begin();
	credential = credentialFor(sandbox, { apiKey: 'member-api-key-83d0c4e6' });
	const { output } = await profile(
		{ operation: 'findByContact', contactId: 'ada' },
		{ onError: 'continueRegularOutput' },
	);
	expect(output[0]?.json).toMatchObject({ errorCategory: 'permission', audit: { userId: 'ada' } });
});
