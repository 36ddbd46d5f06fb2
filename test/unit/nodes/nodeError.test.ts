import type { INode, INodeProperties } from 'n8n-workflow';

import { invalidInput } from '../../../client/errors';
import { toNodeError } from '../../../nodes/shared/nodeError';

const node: INode = { id: '1', name: 'Trigger Flow', type: 'test', typeVersion: 1, position: [0, 0], parameters: {} };
const endpoint: INodeProperties = { displayName: 'Endpoint', name: 'endpoint', type: 'string', default: '' };

it.each([
	['Correct endpoint. Nothing was sent.', 'Correct "Endpoint" (endpoint). Nothing was sent.'],
	['Use endpoint of an open session.', 'Use "Endpoint" (endpoint) of an open session.'],
	['Copy it from the settings of the endpoint.', 'Copy it from the settings of the endpoint.'],
	['Correct endpoint: pick another endpoint.', 'Correct "Endpoint" (endpoint): pick another endpoint.'],
])('advice calls the parameter by its label, and no other word: %s', (advice, shown) => {
	const error = toNodeError(node, [endpoint], invalidInput('endpoint', 'is empty', advice), 0);

	expect(error).toMatchObject({ message: 'Endpoint is empty', description: shown });
});
