# What OpenAI's own SDK sees: one line of JSON for each answer. `openai.py RUN`, OPENAI_BASE_URL set.
import json
import sys

import openai

client = openai.OpenAI(api_key="dummy", max_retries=0)
CHAT = {"model": "gpt-5", "messages": [{"role": "user", "content": "say hello"}]}
RESPONSE = {"model": "gpt-5", "input": "say hello"}


def say(id, model, told):
    print(json.dumps({"id": id, "model": model, "usage": told}), flush=True)


def chat_usage(usage):
    if usage is None:
        return None
    cached = usage.prompt_tokens_details.cached_tokens
    return [usage.prompt_tokens - cached, cached, 0, usage.completion_tokens]


def response_usage(usage):
    if usage is None:
        return None
    cached = usage.input_tokens_details.cached_tokens
    return [usage.input_tokens - cached, cached, 0, usage.output_tokens]


def chat():
    answer = client.chat.completions.create(**CHAT)
    say(answer.id, answer.model, chat_usage(answer.usage))


def streamed(**more):
    id, model, usage, empty = None, None, None, 0
    for chunk in client.chat.completions.create(stream=True, **CHAT, **more):
        id, model = chunk.id, chunk.model
        empty += not chunk.choices
        usage = chunk.usage or usage
    return id, model, chat_usage(usage), empty


def chat_stream():
    id, model, usage, empty = streamed()
    # Nobody who has not asked for the chunk with the usage may see one.
    if empty or usage is not None:
        sys.exit("a chunk without choices that was not asked for")
    say(id, model, None)


def chat_stream_usage():
    id, model, usage, empty = streamed(stream_options={"include_usage": True})
    if empty != 1:
        sys.exit(f"{empty} chunks without choices")
    say(id, model, usage)


def response():
    answer = client.responses.create(**RESPONSE)
    say(answer.id, answer.model, response_usage(answer.usage))


def response_stream():
    for event in client.responses.create(stream=True, **RESPONSE):
        if event.type == "response.completed":
            answer = event.response
    say(answer.id, answer.model, response_usage(answer.usage))


def cut():
    for ask in (
        lambda: client.chat.completions.create(stream=True, **CHAT),
        lambda: client.responses.create(stream=True, **RESPONSE),
    ):
        try:
            for _ in ask():
                pass
        except (openai.APIError, OSError, Exception) as error:
            print(type(error).__name__, file=sys.stderr)


globals()[sys.argv[1]]()
