# What Anthropic's own SDK sees: one line of JSON for each answer. `anthropic.py RUN`, ANTHROPIC_BASE_URL set.
import json
import sys

import anthropic

client = anthropic.Anthropic(api_key="dummy", max_retries=0)
ASK = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "say hello"}],
}


def tell(id, model, usage):
    told = None
    if usage is not None:
        told = [
            usage.input_tokens,
            usage.cache_read_input_tokens or 0,
            usage.cache_creation_input_tokens or 0,
            usage.output_tokens,
        ]
    print(json.dumps({"id": id, "model": model, "usage": told}), flush=True)


def whole():
    answer = client.messages.create(**ASK)
    tell(answer.id, answer.model, answer.usage)
    client.messages.count_tokens(model=ASK["model"], messages=ASK["messages"])


def stream():
    with client.messages.stream(**ASK) as events:
        for _ in events:
            pass
        answer = events.get_final_message()
    tell(answer.id, answer.model, answer.usage)


def raw():
    answer = None
    for event in client.messages.create(stream=True, **ASK):
        if event.type == "message_start":
            answer = event.message
        if event.type == "message_delta":
            answer.usage.output_tokens = event.usage.output_tokens
    tell(answer.id, answer.model, answer.usage)


def cut():
    try:
        for event in client.messages.create(stream=True, **ASK):
            if event.type == "message_start":
                tell(event.message.id, event.message.model, None)
    except (anthropic.APIError, OSError, Exception) as error:
        print(type(error).__name__, file=sys.stderr)


globals()[sys.argv[1]]()
