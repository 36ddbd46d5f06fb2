/** The Test button of both credentials looks at the Redis that they name, and says what is wrong with it. */
import type { ICredentialDataDecryptedObject, ICredentialType } from 'n8n-workflow';

import { CognigyAiApi } from '../../credentials/CognigyAiApi.credentials';
import { CognigyApi } from '../../credentials/CognigyApi.credentials';
import { startCognigyAiSandbox, startSandbox, type CognigyAiSandbox, type Sandbox } from '../../sandbox';
import { restoreEnvironment, withoutProxies } from '../support/environment';
import { closedPort, closeServers, rawServer } from '../support/servers';
import { pressTest } from './support/testButton';

let v1: Sandbox;
let ai: CognigyAiSandbox;

beforeAll(async () => {
	withoutProxies();
	v1 = await startSandbox();
	ai = await startCognigyAiSandbox();
});
afterEach(closeServers);
afterAll(async () => {
	await v1.close();
	await ai.close();
	restoreEnvironment();
});

const credentials: Array<[string, () => [ICredentialType, ICredentialDataDecryptedObject]]> = [
	['cognigyApi', () => [new CognigyApi(), { baseUrl: v1.url, username: 'demo', password: 'demo-password' }]],
	['cognigyAiApi', () => [new CognigyAiApi(), { apiBaseUrl: ai.apiUrl, apiKey: ai.apiKey }]],
];

describe.each(credentials)('the Test button of %s', (_name, credential) => {
	const press = async (state: ICredentialDataDecryptedObject) => {
		const [type, access] = credential();
		return await pressTest(type, { ...access, ...state });
	};
	const GOOD = 'Connection successful!';

	it('asks nothing of Redis where the state is local', async () => {
		expect(await press({ stateStore: 'local', redisUrl: 'redis://127.0.0.1:1' })).toBe(GOOD);
	});

	it('says that nobody listens', async () => {
		const port = await closedPort();
		expect(await press({ stateStore: 'redis', redisUrl: `redis://:geheim@127.0.0.1:${port}` })).toBe(
			`State Store cannot be used. Redis at 127.0.0.1:${port}: nothing accepts connections at that address and port. Check Redis URL in the credential, or choose Local as State Store. The access to Cognigy is not the problem.`,
		);
	});

	it('says which rights are missing, and finds a Redis good that does all', async () => {
		let refused = '*2\r\n$4\r\nTIME\r\n$4\r\nZADD\r\n';
		const redis = await rawServer((socket) => socket.on('data', () => socket.write(refused)));
		const redisUrl = `redis://127.0.0.1:${redis.port}`;
		expect(await press({ stateStore: 'redis', redisUrl })).toContain(
			'the user in the Redis URL may not use TIME, ZADD: give it the right +time +zadd',
		);
		refused = '*0\r\n';
		expect(await press({ stateStore: 'redis', redisUrl })).toBe(GOOD);
	});

	it('says how to write the password', async () => {
		expect(await press({ stateStore: 'redis', redisUrl: 'redis://:geheim/1@127.0.0.1' })).toMatch(
			/^Redis URL in the credential has a user or password that is not encoded: write \/ # \? @ % /,
		);
	});
});
