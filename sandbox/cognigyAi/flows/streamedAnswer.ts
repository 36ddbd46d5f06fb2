import type { FlowInput, FlowReply, ScriptedOutput } from './scriptedFlow';

/** What an AI agent streams with "Stream to Output": chunks of one message id, and at the end why it ended. */
export function streamed(
	messageId: string,
	texts: readonly string[],
	{ afterMs = 0, finishReason = 'stop' }: { afterMs?: number; finishReason?: string | null } = {},
): ScriptedOutput[] {
	const chunk = (text: string, notes: object = {}): ScriptedOutput => ({
		text,
		data: { _cognigy: { _messageId: messageId, ...notes } },
		afterMs,
	});
	const end = finishReason === null ? [] : [chunk('', { _finishReason: finishReason })];
	return [...texts.map((text) => chunk(text)), ...end];
}

/** Streams the texts that the input's data holds as `chunks`, one each `afterMs`; without `_finishReason` if it is null. */
export function streamOnRequest({ data, turn }: FlowInput): FlowReply {
	const { chunks, afterMs, finishReason, messageId } = data;
	const texts = Array.isArray(chunks) ? chunks.map(String) : ['Streamed ', 'in ', 'chunks.'];
	return {
		outputs: streamed(typeof messageId === 'string' ? messageId : `answer-${turn}`, texts, {
			...(typeof afterMs === 'number' ? { afterMs } : {}),
			...(finishReason === null ? { finishReason } : {}),
		}),
	};
}
