import type { INode } from 'n8n-workflow';

/** Parameters that hold a secret: the URL of an endpoint ends with its token, and may be given where its ID belongs. */
const SECRETS = ['endpoint', 'endpointId', 'webhookKey'];

/**
 * The node as it may stand in an error. n8n keeps the node in each of them, and writes them into its log with all
 * parameters (guarantee 6).
 */
export function withoutSecrets(node: INode): INode {
	const masked = SECRETS.filter((name) => name in node.parameters).map((name) => [name, '***'] as const);
	return { ...node, parameters: { ...node.parameters, ...Object.fromEntries(masked) } };
}
