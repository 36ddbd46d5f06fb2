import type { INodeProperties } from 'n8n-workflow';

import { offers } from '../client/offers';

/**
 * What a credential says that was saved with an edition that shares state: n8n hands out only what has a field. Where both
 * editions are installed, n8n takes the fields of one of them for both, and the other must not lose its Redis.
 */
const savedElsewhere: INodeProperties[] = [
	{ displayName: 'Kept', name: 'stateStore', type: 'hidden', default: 'local' },
	// The address may hold a password.
	{ displayName: 'Kept', name: 'redisUrl', type: 'hidden', typeOptions: { password: true }, default: '' },
	{ displayName: 'Kept', name: 'redisCaCertificate', type: 'hidden', default: '' },
];

/**
 * Where the nodes keep what must outlive a call. The same in every credential of this package.
 * @param kept what that is: `started sessions and the request budget`
 */
export function stateProperties(kept: string): INodeProperties[] {
	if (!offers.sharedState) return savedElsewhere;
	return [
		{
			displayName: 'State Store',
			name: 'stateStore',
			type: 'options',
			options: [
				{ name: 'Local', value: 'local', description: 'On this machine. Right for an n8n of one process.' },
				{ name: 'Redis', value: 'redis', description: 'In Redis, shared by all processes of an n8n in queue mode' },
			],
			default: 'local',
			description: `Where ${kept} are kept`,
		},
		{
			displayName: 'Redis URL',
			name: 'redisUrl',
			type: 'string',
			// The address may hold a password.
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. redis://:password@redis.example.com:6379/0',
			displayOptions: { show: { stateStore: ['redis'] } },
			description:
				'Address of the Redis that all n8n processes share. Begin with rediss:// for TLS, redis+sentinel:// for Sentinels or redis+cluster:// for a cluster, and write / # ? @ % in the password as %2F %23 %3F %40 %25. The test of this credential connects to it.',
		},
		{
			displayName: 'CA Certificate',
			name: 'redisCaCertificate',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			placeholder: '-----BEGIN CERTIFICATE----- …',
			displayOptions: { show: { stateStore: ['redis'] } },
			description:
				'Only for a Redis over TLS whose certificate comes from an authority of your own: the certificate of that authority (PEM). Empty: the authorities that Node.js knows, and those in NODE_EXTRA_CA_CERTS.',
		},
	];
}

/**
 * @param schemes what is accepted then: `http:// and ws://`
 * @param secret what travels unencrypted then: `password`
 */
export function allowInsecureProperty(schemes: string, secret: string): INodeProperties {
	return {
		displayName: 'Allow Unencrypted Connections',
		name: 'allowInsecure',
		type: 'boolean',
		default: false,
		description: `Whether to accept ${schemes} addresses. The ${secret} then travels unencrypted: only for tests in a closed network.`,
	};
}
