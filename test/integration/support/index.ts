import tls from 'node:tls';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { AuditEntry } from '../../../client';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../sandbox';
import type { RunOptions } from '../engine';

export const USERNAME = 'demo';
export const PASSWORD = 'demo-password';

/** A sandbox over TLS whose certificate this process trusts. */
export async function startTrustedSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const sandbox = await startSandbox({ ...options, tls: true });
	const trusted = tls.getCACertificates('default');
	tls.setDefaultCACertificates(sandbox.caCertificate ? [...trusted, sandbox.caCertificate] : trusted);
	return sandbox;
}

/**
 * Fields of a credential `cognigyApi`, without a budget of requests that would slow tests down. Each one gets a client of
 * its own, as its token lives a moment longer; what exists once for an account is shared.
 */
export function credentialFor({ url, tenantId }: Sandbox, fields: IDataObject = {}): RunOptions['credential'] {
	clients++;
	const tokenTtlMinutes = Number(fields['tokenTtlMinutes'] ?? 30) + clients / 1_000_000;
	const account = { baseUrl: url, tenantId, username: USERNAME, password: PASSWORD, requestsPerMinute: 0 };
	return { ...account, ...fields, tokenTtlMinutes };
}

/** Clients are shared by everything with the same credential. */
let clients = 0;

export function itemsOf(count: number): INodeExecutionData[] {
	return Array.from({ length: count }, (_, index) => ({ json: { user: `user-${index}` } }));
}

/** Parameters of Trigger Flow that start the order bot for the item's user. */
export const startOrderBot: IDataObject = {
	botId: 'order-status',
	flowId: 'main',
	userId: '={{ $json.user }}',
	input: 'Where is my order?',
};

/** The audit entry of an output item. */
export function auditOf(item: INodeExecutionData | undefined): AuditEntry {
	return item?.json['audit'] as unknown as AuditEntry;
}

/** Pauses between attempts are by chance as always, but much shorter. Ends with `jest.restoreAllMocks`. */
export function shortPauses(): void {
	const random = Math.random.bind(Math);
	jest.spyOn(Math, 'random').mockImplementation(() => random() / 20);
}
