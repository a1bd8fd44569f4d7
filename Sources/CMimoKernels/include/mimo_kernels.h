int mimo_placeholder(void);
