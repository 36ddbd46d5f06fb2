import type { Message } from '../types';

/** A message inside the client, with what only the client has to know of it. */
export interface HeardMessage extends Message {
	/** It is a chunk of a streamed answer. Its text is as it came, white space included. */
	chunk?: AnswerChunk;
	/** It is a streamed answer that was put together: the ids of its chunks. */
	chunkIds?: string[];
	/** It holds nothing that anybody wants to know. */
	isSilent?: true;
	/** It is no message, but tells that the answer that is being streamed, if any, is over. */
	isAnswerEnd?: true;
}

/** Messages that came together. Whoever has them may share them with others, and changes nothing of them. */
export interface ReceivedBatch {
	messages: HeardMessage[];
	/** When they came, in ms of the monotonic clock. */
	receivedAt: number;
}

/** What a reader is given of a session. */
export interface HeardBatch extends ReceivedBatch {
	/** To be called once they are safe: nobody will say them again. */
	acknowledge: () => void;
	/** To be called when they wait no more: there is room for others. */
	begun: () => void;
}

export interface AnswerChunk {
	/** The same for all chunks of the answer. */
	answerId: string;
	/** The text as it came. */
	text: string;
	/** No more chunks follow. */
	isLast?: true;
}

/** Tells that the answer that is being streamed is over, whether or not it says so itself. */
export const answerEnd: HeardMessage = { messageId: '', text: '', type: '', timestamp: '', isAnswerEnd: true };

/** That the bot types matters only to who reads just then: it is not remembered for others. */
export function isPassing({ type }: Message): boolean {
	return type === 'typingStatus';
}

/** Whether it is a message that has to be remembered, and is told only once. */
export function isLasting(message: HeardMessage): boolean {
	return !isPassing(message) && !message.isAnswerEnd;
}

/** Whether a chunk goes on with the answer of the message before it. */
export function goesOnWith(message: HeardMessage, before: HeardMessage | undefined): boolean {
	if (!message.chunk || !before?.chunk || before.chunk.isLast) return false;
	return message.chunk.answerId === before.chunk.answerId && message.type === before.type;
}

/** Ids of all that a message is made of: none of it is to come again. */
export function idsOf(messages: readonly HeardMessage[]): string[] {
	return messages.flatMap(({ messageId, chunkIds = [] }) => [messageId, ...chunkIds]);
}

/** The messages as they are told. */
export function toldOf(messages: readonly HeardMessage[]): Message[] {
	return messages
		.filter(({ isSilent, isAnswerEnd }) => !isSilent && !isAnswerEnd)
		.map(({ chunk: _chunk, chunkIds: _chunkIds, ...message }) => message);
}

/**
 * The messages for somebody outside the client, who may change what he is given: a copy, while all inside share the same
 * ones. Binary data becomes what JSON makes of it, as in the registry.
 */
export function handedOut(messages: readonly HeardMessage[]): Message[] {
	return JSON.parse(JSON.stringify(toldOf(messages))) as Message[];
}
