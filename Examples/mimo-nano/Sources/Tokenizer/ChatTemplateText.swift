/// The chat template in Jinja, for other programs: ChatML with Qwen's tool calls and default system message, the
/// same as the template `qwen`, which mimo-sft gives to models of MiMo's type.
enum ChatTemplateText {
    static let source = #"""
        {%- set default_system = 'You are a helpful assistant.' %}
        {%- if messages and messages[0].role == 'system' %}
            {%- set system = messages[0].content %}
            {%- set turns = messages[1:] %}
        {%- else %}
            {%- set system = default_system %}
            {%- set turns = messages %}
        {%- endif %}
        {{- '<|im_start|>system\n' + system }}
        {%- if tools %}
            {{- '\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>' }}
            {%- for tool in tools %}
                {{- '\n' + (tool | tojson) }}
            {%- endfor %}
            {{- '\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>' }}
        {%- endif %}
        {{- '<|im_end|>\n' }}
        {%- for message in turns %}
            {%- if message.role == 'tool' %}
                {%- if loop.first or turns[loop.index0 - 1].role != 'tool' %}
                    {{- '<|im_start|>user' }}
                {%- endif %}
                {{- '\n<tool_response>\n' + message.content + '\n</tool_response>' }}
                {%- if loop.last or turns[loop.index0 + 1].role != 'tool' %}
                    {{- '<|im_end|>\n' }}
                {%- endif %}
            {%- elif message.role == 'assistant' and message.tool_calls %}
                {{- '<|im_start|>assistant' }}
                {%- if message.content %}
                    {{- '\n' + message.content }}
                {%- endif %}
                {%- for call in message.tool_calls %}
                    {%- if call.function is defined %}
                        {%- set call = call.function %}
                    {%- endif %}
                    {{- '\n<tool_call>\n{"name": "' + call.name + '", "arguments": ' + (call.arguments if call.arguments is string else call.arguments | tojson) + '}\n</tool_call>' }}
                {%- endfor %}
                {{- '<|im_end|>\n' }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
        {%- endif %}

        """#
}
