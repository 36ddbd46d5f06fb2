import type { INodeProperties, IWebhookDescription } from 'n8n-workflow';

/** What the resume URL of a parked execution ends with. */
export const OUTCOME_PATH = 'outcome';

/** Where a flow posts its outcome. n8n serves it for a parked execution only, so nothing is registered anywhere. */
export const outcomeWebhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		// Without it, n8n would not answer as the node says.
		responseData: '',
		path: OUTCOME_PATH,
		restartWebhook: true,
	},
];

const onlyWhileWaiting = { show: { waitForOutcome: [true] } };

/** Waiting for what comes of the conversation. */
export const outcomeProperties: INodeProperties[] = [
	{
		displayName: 'Wait for Outcome',
		name: 'waitForOutcome',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		description:
			'Whether the workflow goes on only when the flow posts what came of the conversation to "n8n.callbackUrl" of its context or data. Until then the execution is parked.',
	},
	{
		displayName: 'Outcome Wait Limit (Hours)',
		name: 'outcomeWaitHours',
		type: 'number',
		typeOptions: { minValue: 0.1, maxValue: 720 },
		default: 24,
		displayOptions: onlyWhileWaiting,
		description: 'How long to wait for the outcome at most, up to 720 hours',
	},
	{
		displayName: 'If No Outcome Comes',
		name: 'onNoOutcome',
		type: 'options',
		options: [
			{ name: 'Fail the Item', value: 'error', description: 'The item fails, as set under "On Error"' },
			{ name: 'Output the Result', value: 'output', description: 'The item comes out with "outcome" set to null' },
		],
		default: 'error',
		displayOptions: onlyWhileWaiting,
		description: 'What to do when the flow has posted nothing within that time',
	},
];
