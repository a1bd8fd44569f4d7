int mimo_placeholder(void){return 0;}
