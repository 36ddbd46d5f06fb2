import type { IExecuteFunctions, INodeExecutionData, NodeParameterValueType } from 'n8n-workflow';

import { ParameterReader } from '../../../nodes/shared/parameterReader';

/** A node with parameters, and what n8n is asked for. */
function readerOf(parameters: Record<string, NodeParameterValueType>, items: INodeExecutionData[]) {
	const asked: string[] = [];
	const context = {
		getNode: () => ({ parameters }),
		getInputData: () => items,
		connectionInputData: items,
		getNodeParameter(name: string, index: number) {
			asked.push(`${name} ${index}`);
			return `${name} of item ${index}`;
		},
	};
	return { reader: new ParameterReader(context as unknown as IExecuteFunctions), asked };
}

const items = [{ json: { eventId: 'e0' } }, { json: { eventId: 'e1' } }];

it('asks n8n only once for each option without an expression, whatever the others have', () => {
	const options = { retries: 2, idempotencyKey: '={{ $json.eventId }}', timeoutSeconds: '={{ 1 + 1 }}' };
	const { reader, asked } = readerOf({ options }, items);
	expect([0, 1].map((index) => reader.value('options', index, {}))).toEqual([
		{ retries: 'options.retries of item 0', idempotencyKey: 'e0', timeoutSeconds: 'options.timeoutSeconds of item 0' },
		{ retries: 'options.retries of item 0', idempotencyKey: 'e1', timeoutSeconds: 'options.timeoutSeconds of item 1' },
	]);
	expect(asked).toEqual(['options.retries 0', 'options.timeoutSeconds 0', 'options.timeoutSeconds 1']);
});

it('asks n8n for what is picked in a resource locator as one value', () => {
	const { reader, asked } = readerOf({ endpoint: { __rl: true, mode: 'id', value: '={{ $json.eventId }}' } }, items);
	expect(reader.value('endpoint', 1, '')).toBe('endpoint of item 1');
	expect(asked).toEqual(['endpoint 1']);
});
